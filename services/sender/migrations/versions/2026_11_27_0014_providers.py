"""Providers with an API: campaigns kept by other schedulers, leads to take back there, and when look-ups are made again."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "email_lookups",
        sa.Column("email_id", sa.Uuid, nullable=False),
        sa.Column("fencing_token", sa.BigInteger, nullable=False),
        sa.Column("asked", sa.Integer, server_default=sa.text("0"), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["email_id"], ["sender.emails.id"], name=op.f("fk_email_lookups_email_id_emails")),
        sa.PrimaryKeyConstraint("email_id", "fencing_token", name=op.f("pk_email_lookups")),
        schema="sender",
    )
    _hand_overs()
    _take_backs()


def _hand_overs() -> None:
    op.create_table(
        "hand_overs",
        sa.Column("campaign_id", sa.Uuid, nullable=False),
        sa.Column("mailbox_id", sa.Uuid, nullable=False),
        sa.Column("provider_ref", sa.Text),
        sa.Column("state", sa.Text, server_default=sa.text("'missing'"), nullable=False),
        sa.Column("told", postgresql.JSONB),
        sa.Column("trouble", sa.Text),
        sa.Column("failures", sa.Integer, server_default=sa.text("0"), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True)),
        sa.Column("retry_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("state IN ('missing', 'active', 'paused')", name=op.f("ck_hand_overs_state_known")),
        sa.CheckConstraint("state <> 'active' OR provider_ref IS NOT NULL", name=op.f("ck_hand_overs_active_has_ref")),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["sender.campaigns.id"],
            name=op.f("fk_hand_overs_campaign_id_campaigns"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["mailbox_id"], ["sender.mailboxes.id"], name=op.f("fk_hand_overs_mailbox_id_mailboxes")
        ),
        sa.PrimaryKeyConstraint("campaign_id", "mailbox_id", name=op.f("pk_hand_overs")),
        schema="sender",
    )
    op.create_index("ix_hand_overs_mailbox_id", "hand_overs", ["mailbox_id"], schema="sender")


def _take_backs() -> None:
    op.create_table(
        "take_backs",
        sa.Column("campaign_id", sa.Uuid, nullable=False),
        sa.Column("mailbox_id", sa.Uuid, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("state", sa.Text, server_default=sa.text("'open'"), nullable=False),
        sa.Column("trouble", sa.Text),
        sa.Column("failures", sa.Integer, server_default=sa.text("0"), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint(
            "state IN ('open', 'taken', 'not_there', 'not_handed_over')", name=op.f("ck_take_backs_state_known")
        ),
        sa.CheckConstraint("(state = 'open') = (ended_at IS NULL)", name=op.f("ck_take_backs_ended_says_when")),
        sa.PrimaryKeyConstraint("campaign_id", "mailbox_id", "email", name=op.f("pk_take_backs")),
        schema="sender",
    )
    op.create_index(
        "ix_take_backs_open", "take_backs", ["due_at"], schema="sender", postgresql_where=sa.text("state = 'open'")
    )


def downgrade() -> None:
    op.drop_table("take_backs", schema="sender")
    op.drop_table("hand_overs", schema="sender")
    op.drop_table("email_lookups", schema="sender")
