"""What the rows of a job and of a workspace cost, by UTC day."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_SUMS = (
    "rows_enriched",
    "rows_degraded",
    "rows_failed",
    "rows_skipped",
    "credits",
    "attempts",
    "cache_hits",
    "duration_ms",
    "tokens_in",
    "tokens_out",
    "cost_microusd",
)


def upgrade() -> None:
    op.create_table(
        "usage_days",
        *_key(),
        sa.Column("workspace_id", sa.Uuid, nullable=False),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in _SUMS),
        sa.PrimaryKeyConstraint("job_id", "day", "sandboxed", name=op.f("pk_usage_days")),
        schema="ingest",
    )
    op.create_index("ix_usage_days_workspace_id_day", "usage_days", ["workspace_id", "day"], schema="ingest")
    op.create_table(
        "usage_calls",
        *_key(),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("calls", *_SUMS[-3:])),
        sa.PrimaryKeyConstraint("job_id", "day", "sandboxed", "kind", "name", name=op.f("pk_usage_calls")),
        sa.CheckConstraint("kind IN ('provider', 'model')", name=op.f("ck_usage_calls_kind_known")),
        schema="ingest",
    )


def downgrade() -> None:
    op.drop_table("usage_calls", schema="ingest")
    op.drop_table("usage_days", schema="ingest")


def _key() -> list[sa.Column[object]]:
    return [
        sa.Column("job_id", sa.Uuid, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("sandboxed", sa.Boolean, nullable=False),
    ]
