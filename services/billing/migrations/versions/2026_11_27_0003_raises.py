"""A hold may be smaller than what was asked for, and be raised."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_AMOUNTS = "needed >= 0 AND held >= 0 AND captured >= 0 AND credits_total >= 0"


def upgrade() -> None:
    for name in ("placed", "raised"):
        column = sa.Column(name, sa.BigInteger, nullable=False, server_default=sa.text("0"))
        op.add_column("holds", column, schema="billing")
    op.execute("UPDATE billing.holds SET placed = needed WHERE state IN ('held', 'settling', 'closed')")
    _bound("captured <= coalesce(credits_total, placed + raised)", f"placed >= 0 AND raised >= 0 AND {_AMOUNTS}")
    _create_raises()
    op.execute(
        """
        CREATE TRIGGER hold_raises_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON billing.hold_raises
            FOR EACH STATEMENT EXECUTE FUNCTION billing.refuse_change()
        """
    )


def _bound(captured: str, amounts: str) -> None:
    for name, condition in (("captured", captured), ("none_negative", amounts)):
        op.drop_constraint(op.f(f"ck_holds_{name}"), "holds", schema="billing")
        op.create_check_constraint(op.f(f"ck_holds_{name}"), "holds", condition, schema="billing")


def _create_raises() -> None:
    op.create_table(
        "hold_raises",
        sa.Column("subject_kind", sa.Text, nullable=False),
        sa.Column("subject_id", sa.Uuid, nullable=False),
        sa.Column("round", sa.Integer, nullable=False),
        sa.Column("asked", sa.BigInteger, nullable=False),
        sa.Column("credits", sa.BigInteger),
        sa.Column("needed", sa.BigInteger, nullable=False),
        sa.Column("available", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("subject_kind", "subject_id", "round", name=op.f("pk_hold_raises")),
        sa.ForeignKeyConstraint(
            ["subject_kind", "subject_id"],
            ["billing.holds.subject_kind", "billing.holds.subject_id"],
            name="fk_hold_raises_hold",
        ),
        sa.CheckConstraint(
            "asked >= 0 AND credits >= 0 AND needed >= 0 AND available >= 0",
            name=op.f("ck_hold_raises_none_negative"),
        ),
        schema="billing",
    )


def downgrade() -> None:
    """A hold that was raised, or is smaller than was asked for, is money: the constraint may refuse to go back."""
    op.drop_table("hold_raises", schema="billing")
    _bound("captured <= coalesce(credits_total, needed)", _AMOUNTS)
    for name in ("raised", "placed"):
        op.drop_column("holds", name, schema="billing")
