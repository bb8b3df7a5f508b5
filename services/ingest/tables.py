"""Ingest's tables: uploads and where their rows lie, jobs and their chunks, results and exports."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from libs.common.tables import common_tables, service_metadata

METADATA = service_metadata("ingest")
COMMON = common_tables(METADATA)

uploads = Table(
    "uploads",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("workspace_id", Uuid, nullable=False),
    Column("user_id", Uuid, nullable=False),
    Column("filename", Text, nullable=False),
    Column("state", Text, nullable=False, server_default=text("'reading'")),
    Column("size_bytes", BigInteger, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("storage_key", Text, nullable=False),
    Column("kind", Text),
    Column("reading", JSONB),
    Column("columns", JSONB),
    Column("sample", JSONB),
    Column("mapping", JSONB),
    Column("row_count", Integer),
    Column("rows_read", Integer, nullable=False, server_default=text("0")),
    Column("problem", JSONB),
    Column("lease_token", Uuid),
    Column("lease_until", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("read_at", DateTime(timezone=True)),
    CheckConstraint("state IN ('reading', 'ready', 'refused')", name="state_known"),
    CheckConstraint("(state = 'ready') = (row_count IS NOT NULL)", name="ready_is_counted"),
    CheckConstraint("(state = 'refused') = (problem IS NOT NULL)", name="refused_says_why"),
    Index("ix_uploads_workspace_id_id", "workspace_id", "id"),
)

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
)
