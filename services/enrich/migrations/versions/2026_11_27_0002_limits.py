"""What may be asked of a provider account in a minute and in a day, and by whom it was used."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_LIMITS = ("requests_per_minute", "tokens_per_minute", "requests_per_day", "tokens_per_day")


def upgrade() -> None:
    """Where each account stands, and the use of its day by workspace."""
    _create_limit_lines()
    _create_limit_days()


def downgrade() -> None:
    """Everybody learns anew."""
    op.drop_table("limit_days", schema="enrich")
    op.drop_table("limit_lines", schema="enrich")


def _create_limit_lines() -> None:
    op.create_table(
        "limit_lines",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("requests_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tokens_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("shut_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("shut_by", sa.Text(), nullable=True),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("day_requests", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("day_tokens", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=True) for name in _LIMITS),
        sa.Column("learned_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("account", "model", name="pk_limit_lines"),
        schema="enrich",
    )


def _create_limit_days() -> None:
    op.create_table(
        "limit_days",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("requests", sa.BigInteger(), nullable=False),
        sa.Column("tokens", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account", "model", "day", "tenant_id", name="pk_limit_days"),
        schema="enrich",
    )
