"""Credits are held for sourcings too, and a lead has its price."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_KINDS = "ck_holds_subject_kind"
_NONE_NEGATIVE = "ck_price_lists_none_negative"


def upgrade() -> None:
    op.drop_constraint(op.f(_KINDS), "holds", schema="billing")
    op.create_check_constraint(op.f(_KINDS), "holds", "subject_kind IN ('job', 'sourcing')", schema="billing")
    op.add_column(
        "price_lists",
        sa.Column("credits_per_lead", sa.BigInteger, nullable=False, server_default=sa.text("1")),
        schema="billing",
    )
    op.drop_constraint(op.f(_NONE_NEGATIVE), "price_lists", schema="billing")
    op.create_check_constraint(
        op.f(_NONE_NEGATIVE), "price_lists", "credits_per_row >= 0 AND credits_per_lead >= 0", schema="billing"
    )


def downgrade() -> None:
    """Holds of sourcings are money: the constraint refuses to go back while there are any."""
    op.drop_constraint(op.f(_NONE_NEGATIVE), "price_lists", schema="billing")
    op.create_check_constraint(op.f(_NONE_NEGATIVE), "price_lists", "credits_per_row >= 0", schema="billing")
    op.drop_column("price_lists", "credits_per_lead", schema="billing")
    op.drop_constraint(op.f(_KINDS), "holds", schema="billing")
    op.create_check_constraint(op.f(_KINDS), "holds", "subject_kind IN ('job')", schema="billing")
