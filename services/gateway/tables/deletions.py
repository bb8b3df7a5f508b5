"""Workspaces that were deleted: who did it, and which services have erased what was theirs."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, PrimaryKeyConstraint, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from libs.common.tables import instant
from services.gateway.tables.base import METADATA

deletions = Table(
    "deletions",
    METADATA,
    Column("workspace_id", Uuid, primary_key=True),
    Column("deleted_by", Uuid, nullable=False),
    Column("notify", Text),
    instant("deleted_at", now=True),
    instant("done_at"),
    CheckConstraint("(notify IS NULL) = (done_at IS NOT NULL)", name="done_forgets"),
    Index("ix_deletions_open", "deleted_at", postgresql_where=text("done_at IS NULL")),
)
"""The proof, kept for ever. `notify` is whom to write to when all of it is gone, and goes with that."""

deletion_answers = Table(
    "deletion_answers",
    METADATA,
    Column("workspace_id", Uuid, ForeignKey(deletions.c.workspace_id, ondelete="CASCADE"), nullable=False),
    Column("service", Text, nullable=False),
    Column("erased", JSONB, nullable=False),
    instant("done_at", now=True),
    PrimaryKeyConstraint("workspace_id", "service"),
)
"""How many rows of each table a service has erased, and when it had nothing left."""
