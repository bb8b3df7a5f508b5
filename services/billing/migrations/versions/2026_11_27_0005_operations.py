"""Adjustments, voids, refunds, price lists with columns, nightly proofs."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

SCHEMA = "billing"
_WHOLE = "size = available + held + (captured - refunded) + expired{gone} + clawed_back AND refunded <= captured"
_AMOUNTS = (
    "available >= 0 AND held >= 0 AND captured >= 0 AND refunded >= 0 AND expired >= 0{gone} AND clawed_back >= 0"
)


def upgrade() -> None:
    _tell_what_was_voided_and_owed()


def downgrade() -> None:
    """A grant of which something was voided is money: the constraint may refuse to go back."""
    _bound(_WHOLE.format(gone=""), _AMOUNTS.format(gone=""))
    for name in ("voided", "owed"):
        op.drop_column("grants", name, schema=SCHEMA)


def _tell_what_was_voided_and_owed() -> None:
    for name in ("voided", "owed"):
        op.add_column("grants", _amount(name), schema=SCHEMA)
    _bound(_WHOLE.format(gone=" + voided"), _AMOUNTS.format(gone=" AND voided >= 0"))


def _bound(whole: str, amounts: str) -> None:
    for name, condition in (("whole", whole), ("none_negative", amounts)):
        op.drop_constraint(op.f(f"ck_grants_{name}"), "grants", schema=SCHEMA)
        op.create_check_constraint(op.f(f"ck_grants_{name}"), "grants", condition, schema=SCHEMA)


def _amount(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), server_default=sa.text("0"), nullable=False)
