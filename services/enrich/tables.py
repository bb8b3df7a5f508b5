"""Enrich's tables: what is known of jobs, who works on which row, what has been found out, and how the providers are."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from libs.common.tables import common_tables, instant, service_metadata

METADATA = service_metadata("enrich")
COMMON = common_tables(METADATA)

job_states = Table(
    "job_states",
    METADATA,
    Column("job_id", Uuid, primary_key=True),
    Column("tenant_id", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
    Column("state", Text, nullable=False),
    instant("heard_at", now=True),
    instant("ended_at"),
    instant("reaped_at"),
    CheckConstraint("state IN ('running', 'paused', 'parked', 'ended')", name="state"),
    Index("ix_job_states_to_reap", "ended_at", postgresql_where=text("ended_at IS NOT NULL AND reaped_at IS NULL")),
)

row_work = Table(
    "row_work",
    METADATA,
    Column("job_id", Uuid, nullable=False),
    Column("row_no", Integer, nullable=False),
    Column("spec_hash", Text, nullable=False),
    Column("holder", Uuid, nullable=False),
    instant("lease_until", nullable=False),
    PrimaryKeyConstraint("job_id", "row_no", "spec_hash"),
    Index("ix_row_work_holder", "holder"),
)
"""Who has claimed a row. The key holds neither attempt nor dispatch: a second copy of a chunk meets the first's claim."""

checkpoints = Table(
    "checkpoints",
    METADATA,
    Column("job_id", Uuid, nullable=False),
    Column("row_no", Integer, nullable=False),
    Column("spec_hash", Text, nullable=False),
    Column("stage", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    PrimaryKeyConstraint("job_id", "row_no", "spec_hash", "stage"),
    CheckConstraint("stage IN ('company_sources', 'company', 'person_sources', 'person', 'result')", name="stage"),
)
"""What a row's work has come to. Only inserted, never changed: the first stored result is everyone's answer.

The line has no stage of its own: nothing is called between it and the result. What was found out about the company stands
in `company_research`; as a stage of the row only where nobody else may have it.
"""

company_research = Table(
    "company_research",
    METADATA,
    Column("tenant_id", Uuid, nullable=False),
    Column("key", Text, nullable=False),
    Column("holder", Uuid, nullable=False),
    instant("lease_until", nullable=False),
    instant("found_at"),
    Column("payload", LargeBinary),
    PrimaryKeyConstraint("tenant_id", "key"),
    CheckConstraint("num_nulls(found_at, payload) IN (0, 2)", name="found"),
    Index("ix_company_research_lease_until", "lease_until"),
)
"""What was found out about a company, for all rows of the workspace that ask the same of it. `key` is a digest of what is
asked; who holds the lease is asking. Nothing of a person stands in it."""

provider_states = Table(
    "provider_states",
    METADATA,
    Column("account", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("counter", Integer, nullable=False),
    Column("reason", Text),
    Column("message", Text),
    instant("resume_at"),
    instant("probe_at"),
    instant("changed_at", now=True),
    CheckConstraint("state IN ('up', 'out')", name="state"),
)
"""`counter` rises with every word on the account: out, out still but until another time, back. It tells nothing else."""

catalogue_versions = Table(
    "catalogue_versions",
    METADATA,
    Column("workspace_id", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
    Column("content", JSONB, nullable=False),
    Column("change", Text, nullable=False),
    Column("made_by", Uuid, nullable=False),
    instant("made_at", now=True),
    Column("idempotency_key", Text),
    Column("fingerprint", Text),
    PrimaryKeyConstraint("workspace_id", "version"),
    CheckConstraint("version > 0", name="version"),
    Index(
        "uq_catalogue_versions_workspace_id_idempotency_key",
        "workspace_id",
        "idempotency_key",
        unique=True,
        postgresql_where=text("idempotency_key IS NOT NULL"),
    ),
)
"""Products and rules, whole, after each change; by trigger never changed again. `change` says in words what was changed."""

job_catalogues = Table(
    "job_catalogues",
    METADATA,
    Column("family_id", Uuid, primary_key=True),
    Column("workspace_id", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
    CheckConstraint("version >= 0", name="version"),
)
"""The version by which a list's rows are chosen, those of its retries, too; 0: there was no catalogue when it began."""

limit_lines = Table(
    "limit_lines",
    METADATA,
    Column("account", Text, primary_key=True),
    Column("model", Text, primary_key=True),
    instant("requests_at"),
    instant("tokens_at"),
    instant("shut_until"),
    Column("shut_by", Text),
    Column("day", Date),
    Column("day_requests", BigInteger, nullable=False, server_default=text("0")),
    Column("day_tokens", BigInteger, nullable=False, server_default=text("0")),
    Column("requests_per_minute", BigInteger),
    Column("tokens_per_minute", BigInteger),
    Column("requests_per_day", BigInteger),
    Column("tokens_per_day", BigInteger),
    instant("learned_until"),
)
"""Where an account (of a provider that limits by model: each model of it) stands: the instants from which requests and
tokens may go on, until when it has refused everybody, what this UTC day has used, and the limits that were learned."""

limit_days = Table(
    "limit_days",
    METADATA,
    Column("account", Text, primary_key=True),
    Column("model", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("tenant_id", Uuid, primary_key=True),
    Column("requests", BigInteger, nullable=False),
    Column("tokens", BigInteger, nullable=False),
    instant("asked_at", nullable=False),
)
"""What each workspace has used of an account's day, and when it asked last. Kept only where a limit of the day is known."""

company_websites = Table(
    "company_websites",
    METADATA,
    Column("domain", Text, nullable=False),
    Column("sandboxed", Boolean, nullable=False),
    Column("status", Text),
    Column("reason", Text),
    Column("whole", Boolean),
    Column("pages", LargeBinary),
    instant("fetched_at"),
    instant("fresh_until"),
    Column("holder", Uuid, nullable=False),
    instant("lease_until", nullable=False),
    PrimaryKeyConstraint("domain", "sandboxed"),
    CheckConstraint("status IN ('read', 'missing', 'refused', 'away')", name="status"),
    CheckConstraint("fresh_until IS NULL OR num_nulls(status, reason, whole, pages, fetched_at) = 0", name="told"),
    Index("ix_company_websites_unused_since", text("GREATEST(fresh_until, lease_until)")),
)
"""Websites by domain, shared by all workspaces: `pages` is compressed JSON, believed until `fresh_until`, null until the first
reading ends. Who reads a site holds it until `lease_until`; the instants by which is decided are the database's."""

provider_keys = Table(
    "provider_keys",
    METADATA,
    Column("workspace_id", Uuid, nullable=False),
    Column("provider", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("sealed_with", Text, nullable=False),
    Column("last_four", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("set_by", Uuid, nullable=False),
    instant("set_at", now=True),
    PrimaryKeyConstraint("workspace_id", "provider"),
    CheckConstraint("provider IN ('serper', 'groq', 'firecrawl')", name="provider"),
)
"""Keys that workspaces bring, sealed under the encryption key that `sealed_with` names; `version` is of the change."""

provider_key_changes = Table(
    "provider_key_changes",
    METADATA,
    Column("workspace_id", Uuid, primary_key=True),
    Column("version", BigInteger, nullable=False),
)
"""How often a workspace has changed its keys: orders what is told of them, and changes one after the other."""

erasures = Table(
    "erasures",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", Uuid, nullable=False),
    Column("parts_seen", ARRAY(Integer), nullable=False, server_default=text("'{}'")),
    Column("checkpoints", BigInteger, nullable=False, server_default=text("0")),
)
"""How much has been heard and forgotten of a person's rows, part by part."""

erased_rows = Table(
    "erased_rows",
    METADATA,
    Column("job_id", Uuid, nullable=False),
    Column("row_no", Integer, nullable=False),
    instant("heard_at", now=True),
    PrimaryKeyConstraint("job_id", "row_no"),
    Index("ix_erased_rows_heard_at", "heard_at"),
)
"""Rows whose person is erased: a worker that had one in hand may write of it yet, so that it is swept for some days."""
