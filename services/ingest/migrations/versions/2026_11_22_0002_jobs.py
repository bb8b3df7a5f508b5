"""Workspaces, jobs, chunks, results; what ingest knows of prices, enrich replicas and providers; whose turn it is."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TABLES = (
    "dispatch_rounds",
    "provider_states",
    "enrich_replicas",
    "price_lists",
    "job_log",
    "results",
    "chunks",
    "jobs",
    "workspaces",
)


def upgrade() -> None:
    _create_workspaces()
    _create_jobs()
    _create_chunks()
    _create_results()
    _create_job_log()
    _create_price_lists()
    _create_enrich_replicas()
    _create_provider_states()
    _create_dispatch_rounds()


def _create_workspaces() -> None:
    op.create_table(
        "workspaces",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("time_zone", sa.Text, nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workspaces")),
        schema="ingest",
    )


def _create_jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("workspace_id", sa.Uuid, nullable=False),
        sa.Column("upload_id", sa.Uuid, nullable=False),
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("idempotency_key", sa.Text),
        sa.Column("request_fingerprint", sa.Text, nullable=False),
        sa.Column("filename", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("resume_at", sa.DateTime(timezone=True)),
        sa.Column("rows_total", sa.Integer, nullable=False),
        sa.Column("rows_enriched", sa.Integer, nullable=False),
        sa.Column("rows_degraded", sa.Integer, nullable=False),
        sa.Column("rows_failed", sa.Integer, nullable=False),
        sa.Column("rows_skipped", sa.Integer, nullable=False),
        sa.Column("chunks_total", sa.Integer, nullable=False),
        sa.Column("chunks_answered", sa.Integer, nullable=False),
        sa.Column("credits_held", sa.BigInteger, nullable=False),
        sa.Column("credits_total", sa.BigInteger, nullable=False),
        sa.Column("credits_available", sa.BigInteger),
        sa.Column("price_version", sa.Integer, nullable=False),
        sa.Column("credits_per_row", sa.Integer, nullable=False),
        sa.Column("mapping", postgresql.JSONB, nullable=False),
        sa.Column("spec", postgresql.JSONB, nullable=False),
        sa.Column("sandboxed", sa.Boolean, nullable=False),
        sa.Column("rows_per_second", sa.Float, nullable=False),
        sa.Column("pace_since", sa.DateTime(timezone=True)),
        sa.Column("pace_rows", sa.Integer, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state_changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True)),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.Column("asked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("progressed_at", sa.DateTime(timezone=True)),
        sa.Column("merge_token", sa.Uuid),
        sa.Column("merge_lease_until", sa.DateTime(timezone=True)),
        sa.Column("recipient_parts", sa.Integer),
        sa.Column("recipient_parts_published", sa.Integer, server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint(
            "state IN ('reserving', 'declined', 'queued', 'processing', 'paused', 'parked', 'merging',"
            " 'completed', 'cancelled', 'failed')",
            name=op.f("ck_jobs_state_known"),
        ),
        sa.CheckConstraint("chunks_answered BETWEEN 0 AND chunks_total", name=op.f("ck_jobs_no_chunk_counts_twice")),
        sa.CheckConstraint(
            "credits_total BETWEEN 0 AND rows_total::bigint * credits_per_row",
            name=op.f("ck_jobs_never_above_the_hold"),
        ),
        sa.CheckConstraint(
            "rows_enriched >= 0 AND rows_degraded >= 0 AND rows_failed >= 0 AND rows_skipped >= 0"
            " AND rows_enriched + rows_degraded + rows_failed + rows_skipped <= rows_total",
            name=op.f("ck_jobs_no_row_counts_twice"),
        ),
        sa.ForeignKeyConstraint(["upload_id"], ["ingest.uploads.id"], name=op.f("fk_jobs_upload_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
        sa.UniqueConstraint("workspace_id", "idempotency_key", name=op.f("uq_jobs_workspace_id_idempotency_key")),
        schema="ingest",
    )
    op.create_index(
        "ix_jobs_open",
        "jobs",
        ["state", "id"],
        unique=False,
        schema="ingest",
        postgresql_where=sa.text("state IN ('reserving', 'queued', 'processing', 'paused', 'parked', 'merging')"),
    )
    op.create_index(
        "ix_jobs_recipients_due",
        "jobs",
        ["id"],
        unique=False,
        schema="ingest",
        postgresql_where=sa.text("state = 'completed' AND recipient_parts_published < recipient_parts"),
    )
    op.create_index("ix_jobs_workspace_id_id", "jobs", ["workspace_id", "id"], unique=False, schema="ingest")


def _create_chunks() -> None:
    op.create_table(
        "chunks",
        sa.Column("job_id", sa.Uuid, nullable=False),
        sa.Column("chunk_no", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, server_default=sa.text("'pending'"), nullable=False),
        sa.Column("dispatch_no", sa.Integer, server_default=sa.text("0"), nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True)),
        sa.Column("queued_at", sa.DateTime(timezone=True)),
        sa.Column("first_row_no", sa.Integer, nullable=False),
        sa.Column("row_count", sa.Integer, nullable=False),
        sa.Column("segment_key", sa.Text, nullable=False),
        sa.Column("byte_offset", sa.BigInteger, nullable=False),
        sa.Column("byte_length", sa.Integer, nullable=False),
        sa.Column("credits", sa.Integer, server_default=sa.text("0"), nullable=False),
        sa.Column("error", sa.Text),
        sa.Column("completed_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint(
            "(state = 'completed') = (completed_at IS NOT NULL)", name=op.f("ck_chunks_completed_says_when")
        ),
        sa.CheckConstraint("state = 'completed' OR credits = 0", name=op.f("ck_chunks_only_completed_chunks_earn")),
        sa.CheckConstraint(
            "state IN ('pending', 'publishing', 'queued', 'completed', 'failed')", name=op.f("ck_chunks_state_known")
        ),
        sa.ForeignKeyConstraint(["job_id"], ["ingest.jobs.id"], name=op.f("fk_chunks_job_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id", "chunk_no", name=op.f("pk_chunks")),
        schema="ingest",
    )
    op.create_index(
        "ix_chunks_failed",
        "chunks",
        ["job_id", "chunk_no"],
        unique=False,
        schema="ingest",
        postgresql_where=sa.text("state = 'failed'"),
    )
    op.create_index(
        "ix_chunks_pending",
        "chunks",
        ["job_id", "chunk_no"],
        unique=False,
        schema="ingest",
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index(
        "ix_chunks_under_way",
        "chunks",
        ["job_id", "state"],
        unique=False,
        schema="ingest",
        postgresql_where=sa.text("state IN ('publishing', 'queued')"),
    )


def _create_results() -> None:
    op.create_table(
        "results",
        sa.Column("job_id", sa.Uuid, nullable=False),
        sa.Column("row_no", sa.Integer, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("research", postgresql.JSONB),
        sa.Column("line", sa.Text),
        sa.Column("reason", sa.Text),
        sa.Column("receipt", postgresql.JSONB, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "status IN ('enriched', 'degraded', 'failed', 'skipped')", name=op.f("ck_results_status_known")
        ),
        sa.ForeignKeyConstraint(["job_id"], ["ingest.jobs.id"], name=op.f("fk_results_job_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id", "row_no", name=op.f("pk_results")),
        schema="ingest",
    )


def _create_job_log() -> None:
    op.create_table(
        "job_log",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("job_id", sa.Uuid, nullable=False),
        sa.Column("job_version", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["ingest.jobs.id"], name=op.f("fk_job_log_job_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_log")),
        schema="ingest",
    )
    op.create_index("ix_job_log_job_id_id", "job_log", ["job_id", "id"], unique=False, schema="ingest")


def _create_price_lists() -> None:
    op.create_table(
        "price_lists",
        sa.Column("version", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("credits_per_row", sa.Integer, nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "version >= 1 AND credits_per_row >= 0", name=op.f("ck_price_lists_prices_are_not_negative")
        ),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_price_lists")),
        schema="ingest",
    )
    op.execute("INSERT INTO ingest.price_lists (version, credits_per_row) VALUES (1, 1)")


def _create_enrich_replicas() -> None:
    op.create_table(
        "enrich_replicas",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("rows_capacity", sa.Integer, nullable=False),
        sa.Column("rows_in_flight", sa.Integer, nullable=False),
        sa.Column("outbox_pending", sa.Integer, nullable=False),
        sa.Column("missing_providers", postgresql.JSONB, nullable=False),
        sa.Column("sandboxed", sa.Boolean, nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrich_replicas")),
        schema="ingest",
    )


def _create_provider_states() -> None:
    op.create_table(
        "provider_states",
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("workspace_id", sa.Uuid),
        sa.Column("counter", sa.BigInteger, nullable=False),
        sa.Column("exhausted", sa.Boolean, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("message", sa.Text),
        sa.Column("resume_at", sa.DateTime(timezone=True)),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_provider_states")),
        schema="ingest",
    )


def _create_dispatch_rounds() -> None:
    op.create_table(
        "dispatch_rounds",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("turns", postgresql.JSONB, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("idle_since", sa.DateTime(timezone=True)),
        sa.CheckConstraint("id = 1", name=op.f("ck_dispatch_rounds_there_is_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispatch_rounds")),
        schema="ingest",
    )
    op.execute("INSERT INTO ingest.dispatch_rounds (id) VALUES (1)")


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table, schema="ingest")
