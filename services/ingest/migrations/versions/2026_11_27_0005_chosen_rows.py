"""Jobs of chosen rows: trials, retries, the first N, up to a ceiling. Answers for extra columns; what enrich waits for."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_LIVE = "root_id IS NOT NULL AND state IN ('reserving', 'queued', 'processing', 'paused', 'parked', 'merging')"
_CHECKS = {
    "a_job_keeps_its_upload": "upload_id IS NOT NULL OR deleted_at IS NOT NULL",
    "kind_known": "kind IN ('list', 'trial', 'retry')",
    "a_retry_has_a_root": "(kind = 'retry') = (root_id IS NOT NULL)",
    "limits_are_not_negative": "first_rows > 0 AND ceiling_credits >= 0",
}

_LIFE = ("cleared_at", "pace_seconds", "pace_mean", "progress_owed", "overlay")


def upgrade() -> None:
    _widen_jobs()
    _widen_chunks()
    op.add_column("job_log", sa.Column("user_id", sa.Uuid), schema="ingest")
    op.add_column("results", sa.Column("extra", postgresql.JSONB), schema="ingest")
    op.create_index("ix_results_job_id_status_row_no", "results", ["job_id", "status", "row_no"], schema="ingest")
    op.add_column(
        "price_lists",
        sa.Column("credits_per_lead", sa.Integer, nullable=False, server_default=sa.text("1")),
        schema="ingest",
    )
    op.add_column(
        "enrich_replicas",
        sa.Column("waits", postgresql.JSONB, nullable=False, server_default=sa.text("'[]'")),
        schema="ingest",
    )


def _widen_jobs() -> None:
    for column in (
        sa.Column("kind", sa.Text, nullable=False, server_default=sa.text("'list'")),
        sa.Column("root_id", sa.Uuid),
        sa.Column("first_rows", sa.Integer),
        sa.Column("free_rows", postgresql.ARRAY(sa.Integer), nullable=False, server_default=sa.text("'{}'")),
        sa.Column("affordable", sa.Boolean, nullable=False, server_default=sa.text("false")),
        sa.Column("skip_duplicates", sa.Boolean, nullable=False, server_default=sa.text("false")),
        sa.Column("skip_known", sa.Boolean, nullable=False, server_default=sa.text("false")),
        sa.Column("ceiling_credits", sa.BigInteger),
        sa.Column("ceiling_round", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("credits_needed", sa.BigInteger),
        sa.Column("deleted_at", sa.DateTime(timezone=True)),
        sa.Column("cleared_at", sa.DateTime(timezone=True)),
        sa.Column("pace_seconds", sa.Float, nullable=False, server_default=sa.text("0")),
        sa.Column("pace_mean", sa.Float, nullable=False, server_default=sa.text("0")),
        sa.Column("progress_owed", sa.Boolean, nullable=False, server_default=sa.text("false")),
        sa.Column("overlay", postgresql.JSONB),
    ):
        op.add_column("jobs", column, schema="ingest")
    op.execute("UPDATE ingest.jobs SET credits_needed = rows_total::bigint * credits_per_row")
    op.alter_column("jobs", "credits_needed", nullable=False, schema="ingest")
    op.create_foreign_key(
        op.f("fk_jobs_root_id_jobs"),
        "jobs",
        "jobs",
        ["root_id"],
        ["id"],
        source_schema="ingest",
        referent_schema="ingest",
        ondelete="CASCADE",
    )
    op.alter_column("jobs", "upload_id", nullable=True, schema="ingest")
    _refer_to_uploads(ondelete="SET NULL")
    for name, condition in _CHECKS.items():
        op.create_check_constraint(op.f(f"ck_jobs_{name}"), "jobs", condition, schema="ingest")
    _bound_credits("credits_held")
    rooted = sa.text("root_id IS NOT NULL")
    op.create_index("ix_jobs_upload_id", "jobs", ["upload_id"], schema="ingest")
    op.create_index("ix_jobs_root_id", "jobs", ["root_id", "id"], schema="ingest", postgresql_where=rooted)
    for name, column, which in (
        ("ix_jobs_progress_owed", "id", "progress_owed"),
        ("ix_jobs_deleted_at", "deleted_at", "deleted_at IS NOT NULL"),
    ):
        op.create_index(name, "jobs", [column], schema="ingest", postgresql_where=sa.text(which))
    op.create_index(
        "ix_jobs_live_retry", "jobs", ["root_id"], unique=True, schema="ingest", postgresql_where=sa.text(_LIVE)
    )


def _refer_to_uploads(*, ondelete: str | None) -> None:
    """An upload goes from under the jobs that were deleted; `a_job_keeps_its_upload` refuses it to all others."""
    name = op.f("fk_jobs_upload_id")
    op.drop_constraint(name, "jobs", schema="ingest")
    op.create_foreign_key(
        name,
        "jobs",
        "uploads",
        ["upload_id"],
        ["id"],
        source_schema="ingest",
        referent_schema="ingest",
        ondelete=ondelete,
    )


def _bound_credits(most: str) -> None:
    name = op.f("ck_jobs_never_above_the_hold")
    op.drop_constraint(name, "jobs", schema="ingest")
    op.create_check_constraint(name, "jobs", f"credits_total BETWEEN 0 AND {most}", schema="ingest")


def _widen_chunks() -> None:
    op.add_column("chunks", sa.Column("stored_rows", sa.Integer), schema="ingest")
    op.add_column("chunks", sa.Column("row_nos", postgresql.ARRAY(sa.Integer)), schema="ingest")
    op.execute("UPDATE ingest.chunks SET stored_rows = row_count")
    op.alter_column("chunks", "stored_rows", nullable=False, schema="ingest")
    op.create_index("ix_chunks_job_id_first_row_no", "chunks", ["job_id", "first_row_no"], schema="ingest")
    op.create_check_constraint(
        op.f("ck_chunks_rows_are_those_chosen"),
        "chunks",
        "row_count = coalesce(cardinality(row_nos), stored_rows)",
        schema="ingest",
    )


def downgrade() -> None:
    op.drop_column("enrich_replicas", "waits", schema="ingest")
    op.drop_column("price_lists", "credits_per_lead", schema="ingest")
    op.drop_index("ix_results_job_id_status_row_no", "results", schema="ingest")
    op.drop_column("results", "extra", schema="ingest")
    op.drop_column("job_log", "user_id", schema="ingest")
    op.execute("DELETE FROM ingest.jobs WHERE kind <> 'list' OR deleted_at IS NOT NULL")
    op.drop_constraint(op.f("ck_chunks_rows_are_those_chosen"), "chunks", schema="ingest")
    op.drop_index("ix_chunks_job_id_first_row_no", "chunks", schema="ingest")
    for name in ("row_nos", "stored_rows"):
        op.drop_column("chunks", name, schema="ingest")
    for name in (
        "ix_jobs_live_retry",
        "ix_jobs_deleted_at",
        "ix_jobs_progress_owed",
        "ix_jobs_root_id",
        "ix_jobs_upload_id",
    ):
        op.drop_index(name, "jobs", schema="ingest")
    _bound_credits("rows_total::bigint * credits_per_row")
    _refer_to_uploads(ondelete=None)
    op.alter_column("jobs", "upload_id", nullable=False, schema="ingest")
    for name in _CHECKS:
        op.drop_constraint(op.f(f"ck_jobs_{name}"), "jobs", schema="ingest")
    for name in (
        *_LIFE,
        "deleted_at",
        "credits_needed",
        "ceiling_round",
        "ceiling_credits",
        "skip_known",
        "skip_duplicates",
        "affordable",
        "free_rows",
        "first_rows",
        "root_id",
        "kind",
    ):
        op.drop_column("jobs", name, schema="ingest")
