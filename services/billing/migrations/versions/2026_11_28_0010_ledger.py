"""Caps of single members, tax on invoices, switches that wait for their payment, and what a switch has called off."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

SCHEMA = "billing"
_UNPAID = {"unpaid_plan": sa.Text(), "unpaid_interval": sa.Text(), "unpaid_until": sa.DateTime(timezone=True)}


def upgrade() -> None:
    op.create_table(
        "member_caps",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("per_month", sa.BigInteger(), nullable=True),
        sa.Column("set_by", sa.Uuid(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("per_month >= 0", name=op.f("ck_member_caps_none_negative")),
        sa.PrimaryKeyConstraint("workspace_id", "user_id", name=op.f("pk_member_caps")),
        schema=SCHEMA,
    )
    op.add_column(
        "stripe_invoices",
        sa.Column("tax_minor", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        schema=SCHEMA,
    )
    for name, kind in _UNPAID.items():
        op.add_column("subscriptions", sa.Column(name, kind), schema=SCHEMA)
    op.add_column("subscription_switches", sa.Column("called_off_price_id", sa.Text()), schema=SCHEMA)
    op.add_column(
        "subscription_switches",
        sa.Column("calls_off_end", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        schema=SCHEMA,
    )
    op.create_index(
        "ix_subscription_switches_asked",
        "subscription_switches",
        ["asked_at"],
        schema=SCHEMA,
        postgresql_where=sa.text("state = 'asked'"),
    )


def downgrade() -> None:
    op.drop_index("ix_subscription_switches_asked", "subscription_switches", schema=SCHEMA)
    op.drop_column("subscription_switches", "calls_off_end", schema=SCHEMA)
    op.drop_column("subscription_switches", "called_off_price_id", schema=SCHEMA)
    for name in _UNPAID:
        op.drop_column("subscriptions", name, schema=SCHEMA)
    op.drop_column("stripe_invoices", "tax_minor", schema=SCHEMA)
    op.drop_table("member_caps", schema=SCHEMA)
