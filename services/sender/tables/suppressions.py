"""Who must not be written to, how that came about, and the key of the links by which people say so."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from libs.common.tables import instant
from services.sender.tables.base import METADATA, words

_REASONS = "reason IN ('unsubscribed', 'bounced', 'complained', 'asked', 'imported', 'erased')"

suppressions = Table(
    "suppressions",
    METADATA,
    Column("id", Uuid, primary_key=True, server_default=text("gen_random_uuid()")),
    Column("workspace_id", Uuid),
    Column("email", Text, nullable=False),
    Column("reason", Text, nullable=False),
    words("note"),
    Column("proof", JSONB, nullable=False, server_default=text("'{}'")),
    Column("made_by", Uuid),
    instant("created_at", now=True),
    UniqueConstraint("email", "workspace_id", postgresql_nulls_not_distinct=True),
    CheckConstraint(_REASONS, name="reason_known"),
    Index("ix_suppressions_workspace_id_email", "workspace_id", "email"),
)
"""`email` is an address, `@domain` for all of a domain, or `#` and a keyed hash of who is erased. Null `workspace_id`: for every
workspace."""

erasures = Table(
    "erasures",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("workspace_id", Uuid, nullable=False),
    Column("email", Text),
    Column("erased", JSONB, nullable=False, server_default=text("'{}'")),
    instant("asked_at", now=True),
    instant("done_at"),
    CheckConstraint("(email IS NULL) = (done_at IS NOT NULL)", name="done_forgets"),
    Index("ix_erasures_open", "id", postgresql_where=text("done_at IS NULL")),
)
"""People to erase, as the gateway says: suppressed at once, erased when none of their mail is in hand."""

suppression_changes = Table(
    "suppression_changes",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("workspace_id", Uuid),
    Column("email", Text, nullable=False),
    Column("change", Text, nullable=False),
    Column("reason", Text, nullable=False),
    words("note"),
    Column("proof", JSONB, nullable=False, server_default=text("'{}'")),
    Column("made_by", Uuid),
    instant("created_at", now=True),
    CheckConstraint("change IN ('suppressed', 'lifted')", name="change_known"),
    CheckConstraint(_REASONS, name="reason_known"),
    Index("ix_suppression_changes_email", "email", "workspace_id"),
)
"""What was ever suppressed and lifted. Append-only: a trigger refuses update, delete and truncate, but to who says that it
erases somebody (`sender.erasing`, for a transaction)."""

unsubscribe_keys = Table(
    "unsubscribe_keys",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("key", LargeBinary, nullable=False),
    instant("created_at", now=True),
)
"""Signs unsubscribe links. Kept beside the addresses it speaks for, so that a link works as long as they are known."""
