"""Who asked to be forgotten, and how far each service is."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from libs.common.tables import instant
from services.gateway.tables.base import METADATA

erasures = Table(
    "erasures",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("workspace_id", Uuid, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("masked", Text, nullable=False),
    Column("email", Text),
    Column("asked_by", Uuid, nullable=False),
    instant("asked_at", now=True),
    instant("done_at"),
    CheckConstraint("(email IS NULL) = (done_at IS NOT NULL)", name="done_forgets"),
    Index("uq_erasures_open", "workspace_id", "digest", unique=True, postgresql_where=text("done_at IS NULL")),
    Index("ix_erasures_workspace_id_id", "workspace_id", "id"),
    Index("ix_erasures_asked_at", "asked_at", postgresql_where=text("done_at IS NULL")),
)
"""`digest` is a keyed hash of the address, `masked` what people tell it by; `email` is empty once it is done."""

erasure_answers = Table(
    "erasure_answers",
    METADATA,
    Column("erasure_id", Uuid, ForeignKey(erasures.c.id, ondelete="CASCADE"), nullable=False),
    Column("service", Text, nullable=False),
    Column("erased", JSONB, nullable=False),
    instant("done_at", now=True),
    PrimaryKeyConstraint("erasure_id", "service"),
    CheckConstraint("service IN ('ingest', 'enrich', 'sender')", name="service"),
)
"""What a service had of the person, by kind, and when it had it no more."""
