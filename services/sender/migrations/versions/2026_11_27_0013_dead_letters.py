"""Mail that could not be sent and waits for a person. What has failed so far is there as refused."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "dead_emails",
        sa.Column("email_id", sa.Uuid, nullable=False),
        sa.Column("workspace_id", sa.Uuid, nullable=False),
        sa.Column("campaign_id", sa.Uuid, nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, server_default=sa.text("''"), nullable=False),
        sa.Column("state", sa.Text, server_default=sa.text("'open'"), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("state IN ('open', 'replayed', 'discarded')", name=op.f("ck_dead_emails_state_known")),
        sa.CheckConstraint("(state = 'open') = (closed_at IS NULL)", name=op.f("ck_dead_emails_closed_says_when")),
        sa.ForeignKeyConstraint(["email_id"], ["sender.emails.id"], name=op.f("fk_dead_emails_email_id_emails")),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["sender.campaigns.id"], name=op.f("fk_dead_emails_campaign_id_campaigns")
        ),
        sa.PrimaryKeyConstraint("email_id", name=op.f("pk_dead_emails")),
        schema="sender",
    )
    op.create_index(
        "ix_dead_emails_open",
        "dead_emails",
        ["workspace_id", "cause", "email_id"],
        schema="sender",
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(
        "ix_dead_emails_workspace_id_email_id", "dead_emails", ["workspace_id", "email_id"], schema="sender"
    )
    op.create_table(
        "dead_email_actions",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("email_id", sa.Uuid, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("detail", postgresql.JSONB, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("made_by", sa.Uuid, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "action IN ('edited', 'replayed', 'discarded')", name=op.f("ck_dead_email_actions_action_known")
        ),
        sa.ForeignKeyConstraint(
            ["email_id"], ["sender.dead_emails.email_id"], name=op.f("fk_dead_email_actions_email_id_dead_emails")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dead_email_actions")),
        schema="sender",
    )
    op.create_index("ix_dead_email_actions_email_id", "dead_email_actions", ["email_id", "id"], schema="sender")
    op.execute(
        "INSERT INTO sender.dead_emails (email_id, workspace_id, campaign_id, cause, detail, opened_at)"
        " SELECT id, workspace_id, campaign_id, 'refused', coalesce(reason, ''), coalesce(ended_at, now())"
        " FROM sender.emails WHERE state = 'failed'"
    )


def downgrade() -> None:
    op.drop_table("dead_email_actions", schema="sender")
    op.drop_table("dead_emails", schema="sender")
