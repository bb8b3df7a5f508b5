"""Hand-overs that are fenced and say since when they are in trouble, and the pace of what people let a mailbox do at once."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

SCHEMA = "sender"


def upgrade() -> None:
    op.add_column("hand_overs", sa.Column("troubled_since", sa.DateTime(timezone=True)), schema=SCHEMA)
    op.add_column(
        "hand_overs",
        sa.Column("fencing_token", sa.BigInteger, server_default=sa.text("0"), nullable=False),
        schema=SCHEMA,
    )
    # When it began is not known any more: it counts from here on.
    op.execute("UPDATE sender.hand_overs SET troubled_since = now() WHERE trouble IS NOT NULL")
    op.create_check_constraint(
        op.f("ck_hand_overs_trouble_says_since_when"),
        "hand_overs",
        "(trouble IS NULL) = (troubled_since IS NULL)",
        schema=SCHEMA,
    )
    op.create_index(
        "ix_hand_overs_troubled",
        "hand_overs",
        ["troubled_since"],
        schema=SCHEMA,
        postgresql_where=sa.text("troubled_since IS NOT NULL"),
    )
    op.create_table(
        "mailbox_paces",
        sa.Column("mailbox_id", sa.Uuid, nullable=False),
        sa.Column("workspace_id", sa.Uuid, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("used_until", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("what IN ('trial', 'test_mail')", name=op.f("ck_mailbox_paces_what_known")),
        sa.ForeignKeyConstraint(
            ["mailbox_id"],
            ["sender.mailboxes.id"],
            name=op.f("fk_mailbox_paces_mailbox_id_mailboxes"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("mailbox_id", "workspace_id", "what", name=op.f("pk_mailbox_paces")),
        schema=SCHEMA,
    )


def downgrade() -> None:
    op.drop_table("mailbox_paces", schema=SCHEMA)
    op.drop_index("ix_hand_overs_troubled", table_name="hand_overs", schema=SCHEMA)
    op.drop_constraint(op.f("ck_hand_overs_trouble_says_since_when"), "hand_overs", schema=SCHEMA)
    op.drop_column("hand_overs", "fencing_token", schema=SCHEMA)
    op.drop_column("hand_overs", "troubled_since", schema=SCHEMA)
