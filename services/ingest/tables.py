"""Ingest's tables: uploads and where their rows lie, jobs and their chunks, results and exports."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from libs.common.tables import common_tables, instant, service_metadata

METADATA = service_metadata("ingest")
COMMON = common_tables(METADATA, repeated=True)

uploads = Table(
    "uploads",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("workspace_id", Uuid, nullable=False),
    Column("user_id", Uuid, nullable=False),
    Column("filename", Text, nullable=False),
    Column("source", Text, nullable=False, server_default=text("'file'")),
    Column("state", Text, nullable=False, server_default=text("'reading'")),
    Column("size_bytes", BigInteger, nullable=False),
    Column("received_bytes", BigInteger, nullable=False),
    Column("sha256", Text),
    Column("storage_key", Text, nullable=False),
    Column("options", JSONB, nullable=False, server_default=text("'{}'")),
    Column("reading_no", Integer, nullable=False, server_default=text("0")),
    Column("kind", Text),
    Column("reading", JSONB),
    Column("sheets", JSONB),
    Column("columns", JSONB),
    Column("sample", JSONB),
    Column("mapping", JSONB),
    Column("suggested_by", JSONB),
    Column("row_count", Integer),
    Column("rows_read", Integer, nullable=False, server_default=text("0")),
    Column("problem", JSONB),
    Column("lease_token", Uuid),
    instant("lease_until"),
    instant("created_at", now=True),
    instant("read_at"),
    instant("expires_at"),
    instant("original_erased_at"),
    Column("check_no", Integer, nullable=False, server_default=text("0")),
    Column("checked_no", Integer, nullable=False, server_default=text("0")),
    Column("findings", JSONB),
    Column("sandboxed", Boolean, nullable=False, server_default=text("false")),
    CheckConstraint("source IN ('file', 'paste', 'apollo')", name="source_known"),
    CheckConstraint("state IN ('receiving', 'reading', 'ready', 'refused')", name="state_known"),
    CheckConstraint("(state = 'receiving') = (sha256 IS NULL)", name="received_is_hashed"),
    CheckConstraint("received_bytes BETWEEN 0 AND size_bytes", name="not_more_than_was_announced"),
    CheckConstraint("(state = 'ready') = (row_count IS NOT NULL)", name="ready_is_counted"),
    CheckConstraint("(state = 'refused') = (problem IS NOT NULL)", name="refused_says_why"),
    CheckConstraint("checked_no <= check_no", name="checked_what_was_mapped"),
    Index("ix_uploads_workspace_id_id", "workspace_id", "id"),
    Index("ix_uploads_expires_at", "expires_at", postgresql_where=text("state = 'receiving'")),
)
"""`check_no` rises with every mapping; `checked_no` is the one that `findings`, problems and keys are of.
`suggested_by` says of each role in `mapping` where it is from: memory, header, values, or a person."""

upload_parts = Table(
    "upload_parts",
    METADATA,
    Column("upload_id", Uuid, ForeignKey("ingest.uploads.id", ondelete="CASCADE"), nullable=False),
    Column("byte_offset", BigInteger, nullable=False),
    Column("byte_length", BigInteger, nullable=False),
    Column("storage_key", Text, nullable=False),
    PrimaryKeyConstraint("upload_id", "byte_offset"),
    CheckConstraint("byte_offset >= 0 AND byte_length > 0", name="parts_have_bytes"),
)
"""What has come of a file that is sent in pieces. An object that no row names here is no part of it."""

upload_chunks = Table(
    "upload_chunks",
    METADATA,
    Column("upload_id", Uuid, ForeignKey("ingest.uploads.id", ondelete="CASCADE"), nullable=False),
    Column("chunk_no", Integer, nullable=False),
    Column("first_row_no", Integer, nullable=False),
    Column("row_count", Integer, nullable=False),
    Column("segment_key", Text, nullable=False),
    Column("byte_offset", BigInteger, nullable=False),
    Column("byte_length", Integer, nullable=False),
    PrimaryKeyConstraint("upload_id", "chunk_no"),
    CheckConstraint("row_count > 0 AND first_row_no > 0", name="rows_counted_from_one"),
    Index("ix_upload_chunks_upload_id_first_row_no", "upload_id", "first_row_no"),
)

upload_problems = Table(
    "upload_problems",
    METADATA,
    Column("upload_id", Uuid, ForeignKey("ingest.uploads.id", ondelete="CASCADE"), nullable=False),
    Column("row_no", Integer, nullable=False),
    Column("code", Text, nullable=False),
    Column("column_index", Integer, nullable=False),
    Column("value", Text),
    Column("detail", Text, nullable=False),
    PrimaryKeyConstraint("upload_id", "row_no", "code", "column_index"),
)
"""What is wrong in which cell; `column_index` is -1 where it is the row. Never the reason to drop a row."""

lead_keys = Table(
    "lead_keys",
    METADATA,
    Column("upload_id", Uuid, ForeignKey("ingest.uploads.id", ondelete="CASCADE"), nullable=False),
    Column("row_no", Integer, nullable=False),
    Column("workspace_id", Uuid, nullable=False),
    Column("key_hash", BigInteger, nullable=False),
    PrimaryKeyConstraint("upload_id", "row_no"),
    Index("ix_lead_keys_workspace_id_key_hash", "workspace_id", "key_hash"),
)
"""Which rows are the same lead: 64 bits of a hash of the normalised address, or of name and company where there is none."""

mapping_memories = Table(
    "mapping_memories",
    METADATA,
    Column("workspace_id", Uuid, nullable=False),
    Column("header", Text, nullable=False),
    Column("role", Text),
    instant("remembered_at", now=True),
    PrimaryKeyConstraint("workspace_id", "header"),
)
"""Which role a workspace gave to a column with this (normalised) header last; null when it gave it none."""

workspaces = Table(
    "workspaces",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("time_zone", Text, nullable=False),
    instant("opened_at", now=True),
)

entitlements = Table(
    "entitlements",
    METADATA,
    Column("workspace_id", Uuid, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("plan", Text, nullable=False),
    Column("rows_per_job", Integer),
    Column("concurrent_jobs", Integer),
)
"""Billing's word on what a workspace may do, as it was last heard; null is without limit. Its row is the turn that jobs of
one workspace take to find out whether there is room for one more."""

plain_lists = Table(
    "plain_lists",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("workspace_id", Uuid, nullable=False),
    Column("upload_id", Uuid, ForeignKey("ingest.uploads.id", ondelete="SET NULL")),
    Column("idempotency_key", Text, nullable=False),
    Column("request_fingerprint", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("mapping", JSONB, nullable=False),
    Column("sandboxed", Boolean, nullable=False),
    Column("rows_total", Integer, nullable=False),
    Column("parts", Integer, nullable=False),
    Column("parts_published", Integer, nullable=False, server_default=text("0")),
    instant("created_at", now=True),
    UniqueConstraint("workspace_id", "idempotency_key"),
    CheckConstraint("parts_published <= parts", name="no_part_beyond_the_last"),
    Index("ix_plain_lists_upload_id", "upload_id"),
    Index("ix_plain_lists_unpublished", "id", postgresql_where=text("parts_published < parts")),
)
"""Uploads that are published to be written to as they are, without research."""

jobs = Table(
    "jobs",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("workspace_id", Uuid, nullable=False),
    Column("upload_id", Uuid, ForeignKey("ingest.uploads.id", ondelete="SET NULL")),
    Column("user_id", Uuid, nullable=False),
    Column("idempotency_key", Text),
    Column("request_fingerprint", Text, nullable=False),
    Column("kind", Text, nullable=False, server_default=text("'list'")),
    Column("root_id", Uuid, ForeignKey("ingest.jobs.id", ondelete="CASCADE")),
    Column("filename", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("reason", Text),
    instant("resume_at"),
    Column("rows_total", Integer, nullable=False),
    Column("rows_enriched", Integer, nullable=False),
    Column("rows_degraded", Integer, nullable=False),
    Column("rows_failed", Integer, nullable=False),
    Column("rows_skipped", Integer, nullable=False),
    Column("chunks_total", Integer, nullable=False),
    Column("chunks_answered", Integer, nullable=False),
    Column("first_rows", Integer),
    Column("free_rows", ARRAY(Integer), nullable=False, server_default=text("'{}'")),
    Column("affordable", Boolean, nullable=False, server_default=text("false")),
    Column("skip_duplicates", Boolean, nullable=False, server_default=text("false")),
    Column("skip_known", Boolean, nullable=False, server_default=text("false")),
    Column("ceiling_credits", BigInteger),
    Column("ceiling_round", Integer, nullable=False, server_default=text("0")),
    Column("lowered_round", Integer, nullable=False, server_default=text("0")),
    Column("credits_needed", BigInteger, nullable=False),
    Column("credits_held", BigInteger, nullable=False),
    Column("credits_total", BigInteger, nullable=False),
    Column("credits_available", BigInteger),
    Column("credits_bound", Text),
    Column("price_version", Integer, nullable=False),
    Column("credits_per_row", Integer, nullable=False),
    Column("mapping", JSONB, nullable=False),
    Column("spec", JSONB, nullable=False),
    Column("sandboxed", Boolean, nullable=False),
    Column("rows_per_second", Float, nullable=False),
    instant("pace_since"),
    Column("pace_rows", Integer, nullable=False),
    Column("pace_seconds", Float, nullable=False, server_default=text("0")),
    Column("pace_mean", Float, nullable=False, server_default=text("0")),
    instant("created_at", nullable=False),
    instant("state_changed_at", nullable=False),
    instant("started_at"),
    instant("finished_at"),
    instant("asked_at", now=True),
    instant("progressed_at"),
    Column("progress_owed", Boolean, nullable=False, server_default=text("false")),
    Column("overlay", JSONB),
    Column("merge_token", Uuid),
    instant("merge_lease_until"),
    Column("recipient_parts", Integer),
    Column("recipient_parts_published", Integer, nullable=False, server_default=text("0")),
    Column("line_edits", Integer, nullable=False, server_default=text("0")),
    Column("line_edits_merged", Integer, nullable=False, server_default=text("0")),
    instant("deleted_at"),
    instant("cleared_at"),
    UniqueConstraint("workspace_id", "idempotency_key"),
    CheckConstraint("upload_id IS NOT NULL OR deleted_at IS NOT NULL", name="a_job_keeps_its_upload"),
    CheckConstraint("kind IN ('list', 'trial', 'retry')", name="kind_known"),
    CheckConstraint("(kind = 'retry') = (root_id IS NOT NULL)", name="a_retry_has_a_root"),
    CheckConstraint("first_rows > 0 AND ceiling_credits >= 0", name="limits_are_not_negative"),
    CheckConstraint(
        "state IN ('reserving', 'declined', 'queued', 'processing', 'paused', 'parked', 'merging', 'completed',"
        " 'cancelled', 'failed')",
        name="state_known",
    ),
    CheckConstraint(
        "rows_enriched >= 0 AND rows_degraded >= 0 AND rows_failed >= 0 AND rows_skipped >= 0"
        " AND rows_enriched + rows_degraded + rows_failed + rows_skipped <= rows_total",
        name="no_row_counts_twice",
    ),
    CheckConstraint("chunks_answered BETWEEN 0 AND chunks_total", name="no_chunk_counts_twice"),
    CheckConstraint("credits_total BETWEEN 0 AND credits_held", name="never_above_the_hold"),
    Index("ix_jobs_workspace_id_id", "workspace_id", "id"),
    Index("ix_jobs_upload_id", "upload_id"),
    Index("ix_jobs_root_id", "root_id", "id", postgresql_where=text("root_id IS NOT NULL")),
    Index(
        "ix_jobs_live_retry",
        "root_id",
        unique=True,
        postgresql_where=text(
            "root_id IS NOT NULL AND state IN ('reserving', 'queued', 'processing', 'paused', 'parked', 'merging')"
        ),
    ),
    Index(
        "ix_jobs_open",
        "state",
        "id",
        postgresql_where=text("state IN ('reserving', 'queued', 'processing', 'paused', 'parked', 'merging')"),
    ),
    Index("ix_jobs_progress_owed", "id", postgresql_where=text("progress_owed")),
    Index("ix_jobs_deleted_at", "deleted_at", postgresql_where=text("deleted_at IS NOT NULL")),
    Index(
        "ix_jobs_recipients_due",
        "id",
        postgresql_where=text("state = 'completed' AND recipient_parts_published < recipient_parts"),
    ),
)

"""A `retry` is a child of the `list` job `root_id`: at most one is alive. `first_rows` leaves out what lies below that row;
rows in `free_rows` were tried before and are not charged again. `overlay` counts the sheet of a list with its ended retries.
`progress_owed`: what was counted last has not been pushed yet. Of a deleted job a tombstone is left; `cleared_at` says that
its results and files are gone too. `line_edits` counts a list's edited lines; `line_edits_merged` is how many of them the
sheet knew that this job wrote."""

chunks = Table(
    "chunks",
    METADATA,
    Column("job_id", Uuid, ForeignKey("ingest.jobs.id", ondelete="CASCADE"), nullable=False),
    Column("chunk_no", Integer, nullable=False),
    Column("state", Text, nullable=False, server_default=text("'pending'")),
    Column("dispatch_no", Integer, nullable=False, server_default=text("0")),
    Column("epoch", Integer, nullable=False),
    instant("due_at", now=True),
    instant("lease_until"),
    instant("queued_at"),
    Column("publish_failures", Integer, nullable=False, server_default=text("0")),
    Column("first_row_no", Integer, nullable=False),
    Column("row_count", Integer, nullable=False),
    Column("stored_rows", Integer, nullable=False),
    Column("row_nos", ARRAY(Integer)),
    Column("segment_key", Text, nullable=False),
    Column("byte_offset", BigInteger, nullable=False),
    Column("byte_length", Integer, nullable=False),
    Column("credits", Integer, nullable=False, server_default=text("0")),
    Column("error", Text),
    instant("completed_at"),
    PrimaryKeyConstraint("job_id", "chunk_no"),
    CheckConstraint("state IN ('pending', 'publishing', 'queued', 'completed', 'failed')", name="state_known"),
    CheckConstraint("(state = 'completed') = (completed_at IS NOT NULL)", name="completed_says_when"),
    CheckConstraint("state = 'completed' OR credits = 0", name="only_completed_chunks_earn"),
    CheckConstraint("row_count = coalesce(cardinality(row_nos), stored_rows)", name="rows_are_those_chosen"),
    Index("ix_chunks_job_id_first_row_no", "job_id", "first_row_no"),
    Index("ix_chunks_pending", "job_id", "chunk_no", postgresql_where=text("state = 'pending'")),
    Index("ix_chunks_under_way", "job_id", "state", postgresql_where=text("state IN ('publishing', 'queued')")),
    Index("ix_chunks_failed", "job_id", "chunk_no", postgresql_where=text("state = 'failed'")),
)
"""`stored_rows` lie in the segment; the job wants `row_count` of them: those in `row_nos`, or all where that is null."""

results = Table(
    "results",
    METADATA,
    Column("job_id", Uuid, ForeignKey("ingest.jobs.id", ondelete="CASCADE"), nullable=False),
    Column("row_no", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("research", JSONB),
    Column("line", Text),
    Column("reason", Text),
    Column("receipt", JSONB, nullable=False),
    Column("extra", JSONB),
    Column("product", JSONB),
    instant("recorded_at", now=True),
    PrimaryKeyConstraint("job_id", "row_no"),
    CheckConstraint("status IN ('enriched', 'degraded', 'failed', 'skipped')", name="status_known"),
    Index("ix_results_job_id_status_row_no", "job_id", "status", "row_no"),
    Index("ix_results_with_product", "job_id", postgresql_where=text("product IS NOT NULL")),
)

line_reviews = Table(
    "line_reviews",
    METADATA,
    Column("job_id", Uuid, ForeignKey("ingest.jobs.id", ondelete="CASCADE"), nullable=False),
    Column("row_no", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("line", Text),
    Column("edited_by", Uuid),
    instant("edited_at"),
    Column("approved_by", Uuid),
    instant("approved_at"),
    PrimaryKeyConstraint("job_id", "row_no"),
    CheckConstraint("version >= 1", name="versions_begin_at_one"),
    CheckConstraint("(edited_at IS NULL) = (edited_by IS NULL)", name="an_edit_has_a_person"),
    CheckConstraint("(approved_at IS NULL) = (approved_by IS NULL)", name="an_approval_has_a_person"),
    Index("ix_line_reviews_approved", "job_id", "row_no", postgresql_where=text("approved_at IS NOT NULL")),
)
"""What people have made of the line of a result: `line` stands in place of the written one, which the result keeps."""

line_review_log = Table(
    "line_review_log",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("job_id", Uuid, ForeignKey("ingest.jobs.id", ondelete="CASCADE"), nullable=False),
    Column("row_no", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("line", Text, nullable=False),
    Column("approved", Boolean, nullable=False),
    Column("user_id", Uuid, nullable=False),
    instant("happened_at", nullable=False),
    UniqueConstraint("job_id", "row_no", "version"),
)
"""Every turn of a review: the line as it stood then, and who made it so."""

exports = Table(
    "exports",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("workspace_id", Uuid, nullable=False),
    Column("job_id", Uuid, ForeignKey("ingest.jobs.id", ondelete="CASCADE"), nullable=False),
    Column("format", Text, nullable=False),
    Column("flat", Boolean, nullable=False),
    Column("state", Text, nullable=False, server_default=text("'writing'")),
    Column("standing", Text, nullable=False),
    Column("rows_total", Integer),
    Column("rows_done", Integer, nullable=False, server_default=text("0")),
    Column("storage_key", Text, nullable=False),
    Column("size_bytes", BigInteger),
    Column("problem", JSONB),
    Column("lease_token", Uuid),
    instant("lease_until"),
    instant("created_at", now=True),
    instant("ready_at"),
    UniqueConstraint("job_id", "format", "flat", "standing"),
    CheckConstraint("format IN ('xlsx', 'csv')", name="format_known"),
    CheckConstraint("state IN ('writing', 'ready', 'failed')", name="state_known"),
    CheckConstraint("(state = 'ready') = (size_bytes IS NOT NULL)", name="ready_has_a_size"),
    CheckConstraint("(state = 'failed') = (problem IS NOT NULL)", name="failed_says_why"),
)
"""A sheet somebody asked for beside the finished ones: flattened, or of a job under way. `standing` names its results."""

job_log = Table(
    "job_log",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("job_id", Uuid, ForeignKey("ingest.jobs.id", ondelete="CASCADE"), nullable=False),
    Column("job_version", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("user_id", Uuid),
    instant("happened_at", nullable=False),
    Index("ix_job_log_job_id_id", "job_id", "id"),
)

price_lists = Table(
    "price_lists",
    METADATA,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("credits_per_row", Integer, nullable=False),
    Column("credits_per_lead", Integer, nullable=False, server_default=text("1")),
    Column("credits_per_column", Integer, nullable=False, server_default=text("0")),
    instant("received_at", now=True),
    CheckConstraint("version >= 1 AND credits_per_row >= 0", name="prices_are_not_negative"),
)

enrich_replicas = Table(
    "enrich_replicas",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("rows_capacity", Integer, nullable=False),
    Column("rows_in_flight", Integer, nullable=False),
    Column("outbox_pending", Integer, nullable=False),
    Column("missing_providers", JSONB, nullable=False),
    Column("sandboxed", Boolean, nullable=False),
    Column("waits", JSONB, nullable=False, server_default=text("'[]'")),
    instant("seen_at", nullable=False),
)

provider_states = Table(
    "provider_states",
    METADATA,
    Column("account", Text, primary_key=True),
    Column("provider", Text, nullable=False),
    Column("workspace_id", Uuid),
    Column("counter", BigInteger, nullable=False),
    Column("exhausted", Boolean, nullable=False),
    Column("reason", Text),
    Column("message", Text),
    instant("resume_at"),
    instant("changed_at", now=True),
)

dispatch_rounds = Table(
    "dispatch_rounds",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("turns", JSONB, nullable=False, server_default=text("'{}'")),
    instant("idle_since"),
    CheckConstraint("id = 1", name="there_is_one"),
)
"""One row: whose turn it is, locked by the one planner at a time; and since when enrich has been seen idle."""

sourcings = Table(
    "sourcings",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("workspace_id", Uuid, nullable=False),
    Column("user_id", Uuid, nullable=False),
    Column("idempotency_key", Text),
    Column("request_fingerprint", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("filters", JSONB, nullable=False),
    Column("skip_known", Boolean, nullable=False),
    Column("wanted", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("reason", Text),
    Column("message", Text),
    instant("resume_at"),
    instant("due_at"),
    Column("matches", BigInteger),
    Column("searched", Boolean, nullable=False),
    Column("pages", Integer, nullable=False),
    Column("people", Integer, nullable=False),
    Column("batches", Integer, nullable=False),
    Column("leads", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("price_version", Integer, nullable=False),
    Column("credits_per_lead", Integer, nullable=False),
    Column("credits_held", BigInteger, nullable=False),
    Column("credits_total", BigInteger, nullable=False),
    Column("credits_available", BigInteger),
    Column("sandboxed", Boolean, nullable=False),
    Column("upload_id", Uuid, ForeignKey("ingest.uploads.id", ondelete="SET NULL")),
    instant("created_at", nullable=False),
    instant("state_changed_at", nullable=False),
    instant("finished_at"),
    instant("asked_at", now=True),
    instant("stepped_at"),
    Column("lease_token", Uuid),
    instant("lease_until"),
    UniqueConstraint("workspace_id", "idempotency_key"),
    CheckConstraint(
        "state IN ('reserving', 'declined', 'searching', 'revealing', 'delivering', 'parked', 'completed', 'cancelled',"
        " 'failed')",
        name="state_known",
    ),
    CheckConstraint("wanted BETWEEN 1 AND 50000", name="as_many_as_can_be_shown"),
    CheckConstraint("0 <= leads AND leads <= people AND people <= wanted", name="no_more_than_wanted"),
    CheckConstraint("credits_total = leads * credits_per_lead", name="only_leads_are_charged"),
    Index("ix_sourcings_workspace_id_id", "workspace_id", "id"),
    Index("ix_sourcings_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    Index("ix_sourcings_reserving", "asked_at", postgresql_where=text("state = 'reserving'")),
)
"""`lease_token` is the fencing token of whoever is at it: what is recorded under an older one is thrown away."""

sourcing_people = Table(
    "sourcing_people",
    METADATA,
    Column("sourcing_id", Uuid, ForeignKey("ingest.sourcings.id", ondelete="CASCADE"), nullable=False),
    Column("person_no", Integer, nullable=False),
    Column("person_id", Text, nullable=False),
    PrimaryKeyConstraint("sourcing_id", "person_no"),
    UniqueConstraint("sourcing_id", "person_id"),
)
"""Whom to reveal, counted from 0: batch n is the ten from 10 × n."""

sourcing_batches = Table(
    "sourcing_batches",
    METADATA,
    Column("sourcing_id", Uuid, ForeignKey("ingest.sourcings.id", ondelete="CASCADE"), nullable=False),
    Column("batch_no", Integer, nullable=False),
    Column("credits", Integer, nullable=False),
    Column("leads", JSONB, nullable=False),
    instant("revealed_at", now=True),
    PrimaryKeyConstraint("sourcing_id", "batch_no"),
    CheckConstraint("credits >= 0", name="credits_are_not_negative"),
)
"""What has been revealed and earned, for good. `leads` are the cells of each."""

known_people = Table(
    "known_people",
    METADATA,
    Column("workspace_id", Uuid, nullable=False),
    Column("person_id", Text, nullable=False),
    instant("revealed_at", now=True),
    PrimaryKeyConstraint("workspace_id", "person_id"),
)
"""Whom a workspace has paid for before."""

apollo_pauses = Table(
    "apollo_pauses",
    METADATA,
    Column("endpoint", Text, primary_key=True),
    instant("until", nullable=False),
    Column("reason", Text, nullable=False),
    Column("message", Text),
)
"""Until when nobody asks an endpoint of Apollo: shared by all replicas."""

erasures = Table(
    "erasures",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("workspace_id", Uuid, nullable=False),
    Column("email", Text),
    Column("after_upload_id", Uuid),
    Column("erased", JSONB, nullable=False, server_default=text("'{}'")),
    instant("asked_at", now=True),
    instant("done_at"),
    CheckConstraint("(email IS NULL) = (done_at IS NOT NULL)", name="done_forgets"),
    Index("ix_erasures_open", "id", postgresql_where=text("done_at IS NULL")),
)
"""People to erase, as the gateway says. Uploads are gone through in their order, `after_upload_id` is the last one that is
done; the address is forgotten with the rest."""

erased_rows = Table(
    "erased_rows",
    METADATA,
    Column("upload_id", Uuid, ForeignKey("ingest.uploads.id", ondelete="CASCADE"), nullable=False),
    Column("row_no", Integer, nullable=False),
    Column("erasure_id", Uuid, nullable=False),
    Column("whole", Boolean, nullable=False),
    PrimaryKeyConstraint("upload_id", "row_no"),
    Index("ix_erased_rows_erasure_id", "erasure_id"),
)
"""Rows that somebody was erased from. A `whole` one is empty, and what is still answered for it is stored without its words; of
the others a cell has lost the address."""

own_keys = Table(
    "own_keys",
    METADATA,
    Column("workspace_id", Uuid, primary_key=True),
    Column("providers", ARRAY(Text), nullable=False),
    Column("change_no", BigInteger, nullable=False),
)
"""For which providers a workspace has keys of its own, as enrich has said last. The keys are enrich's alone."""

usage_days = Table(
    "usage_days",
    METADATA,
    Column("job_id", Uuid, nullable=False),
    Column("day", Date, nullable=False),
    Column("sandboxed", Boolean, nullable=False),
    Column("workspace_id", Uuid, nullable=False),
    Column("rows_enriched", BigInteger, nullable=False),
    Column("rows_degraded", BigInteger, nullable=False),
    Column("rows_failed", BigInteger, nullable=False),
    Column("rows_skipped", BigInteger, nullable=False),
    Column("credits", BigInteger, nullable=False),
    Column("attempts", BigInteger, nullable=False),
    Column("cache_hits", BigInteger, nullable=False),
    Column("duration_ms", BigInteger, nullable=False),
    Column("tokens_in", BigInteger, nullable=False),
    Column("tokens_out", BigInteger, nullable=False),
    Column("cost_microusd", BigInteger, nullable=False),
    PrimaryKeyConstraint("job_id", "day", "sandboxed"),
    Index("ix_usage_days_workspace_id_day", "workspace_id", "day"),
)
"""What the rows of a job took on a UTC day, those that stand-ins had a hand in apart. By job, so that jobs of a workspace do
not wait for each other; without a reference to it, because it outlives the job."""

usage_calls = Table(
    "usage_calls",
    METADATA,
    Column("job_id", Uuid, nullable=False),
    Column("day", Date, nullable=False),
    Column("sandboxed", Boolean, nullable=False),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("calls", BigInteger, nullable=False),
    Column("tokens_in", BigInteger, nullable=False),
    Column("tokens_out", BigInteger, nullable=False),
    Column("cost_microusd", BigInteger, nullable=False),
    PrimaryKeyConstraint("job_id", "day", "sandboxed", "kind", "name"),
    CheckConstraint("kind IN ('provider', 'model')", name="kind_known"),
)
"""The same by provider, and once more by model where there is one."""
