"""The tables every service's schema has: outbox, inbox, dead letters, schedules, deleted workspaces; and, where requests make
things, repeated requests."""

from dataclasses import dataclass

from sqlalchemy import (
    JSON,
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


@dataclass(frozen=True)
class CommonTables:
    """The tables of the bus edge and the clock edge in one service's schema."""

    outbox: Table
    inbox: Table
    dead_letters: Table
    schedules: Table
    deleted_workspaces: Table
    repeated_requests: Table | None = None


def service_metadata(schema: str) -> MetaData:
    """The metadata a service's own tables hang on."""
    return MetaData(schema=schema, naming_convention=NAMING)


def common_tables(metadata: MetaData, *, repeated: bool = False) -> CommonTables:
    """Define the common tables in a service's metadata; with `repeated` also that of requests by their idempotency keys."""
    return CommonTables(
        outbox=_outbox(metadata),
        inbox=_inbox(metadata),
        dead_letters=_dead(metadata),
        schedules=_schedules(metadata),
        deleted_workspaces=_deleted(metadata),
        repeated_requests=_repeated(metadata) if repeated else None,
    )


def instant(name: str, *, nullable: bool = True, now: bool = False) -> Column[object]:
    """A `timestamptz` column; with `now`, required and set by the database where nobody says otherwise."""
    return Column(
        name, DateTime(timezone=True), nullable=nullable and not now, server_default=text("now()") if now else None
    )


def _outbox(metadata: MetaData) -> Table:
    return Table(
        "outbox",
        metadata,
        Column("id", Uuid, primary_key=True),
        Column("routing_key", Text, nullable=False),
        Column("body", LargeBinary, nullable=False),
        instant("created_at", now=True),
        instant("due_at", now=True),
        Column("attempts", Integer, nullable=False, server_default=text("0")),
        Column("last_error", Text),
        instant("published_at"),
        Index("ix_outbox_due", "due_at", postgresql_where=text("published_at IS NULL")),
        Index("ix_outbox_published_at", "published_at", postgresql_where=text("published_at IS NOT NULL")),
    )


def _inbox(metadata: MetaData) -> Table:
    return Table(
        "inbox",
        metadata,
        Column("consumer", Text, nullable=False),
        Column("message_id", Uuid, nullable=False),
        instant("received_at", now=True),
        PrimaryKeyConstraint("consumer", "message_id"),
        Index("ix_inbox_received_at", "received_at"),
    )


def _dead(metadata: MetaData) -> Table:
    return Table(
        "dead_letters",
        metadata,
        Column("id", Uuid, primary_key=True),
        Column("queue", Text, nullable=False),
        Column("message_key", Text, nullable=False),
        Column("type", Text),
        Column("tenant_id", Uuid),
        Column("correlation_id", Uuid),
        Column("body", LargeBinary, nullable=False),
        Column("headers", JSONB, nullable=False, server_default=text("'{}'")),
        Column("cause", Text, nullable=False),
        Column("attempts", Integer, nullable=False),
        Column("first_error", Text, nullable=False),
        Column("last_error", Text, nullable=False),
        instant("occurred_at"),
        instant("died_at", now=True),
        Column("resolution", Text),
        instant("resolved_at"),
        UniqueConstraint("queue", "message_key"),
        Index("ix_dead_letters_open", "died_at", postgresql_where=text("resolved_at IS NULL")),
    )


def _schedules(metadata: MetaData) -> Table:
    return Table(
        "schedules",
        metadata,
        Column("name", Text, primary_key=True),
        instant("due_at", now=True),
        Column("lease_token", Uuid),
        instant("lease_until"),
        instant("last_started_at"),
        instant("last_success_at"),
        Column("last_error", Text),
    )


def _deleted(metadata: MetaData) -> Table:
    """Tombstones, for ever. `erased` counts what has gone, by table; `erased_at` is when nothing was left, `looked_at` when
    somebody last made sure."""
    return Table(
        "deleted_workspaces",
        metadata,
        Column("workspace_id", Uuid, primary_key=True),
        instant("deleted_at", now=True),
        Column("erased", JSONB, nullable=False, server_default=text("'{}'")),
        instant("erased_at"),
        instant("looked_at"),
        Index("ix_deleted_workspaces_deleted_at", "deleted_at"),
    )


def _repeated(metadata: MetaData) -> Table:
    """`status`, `body` and `headers` are what a repeated request is answered with; they are there when a row is committed."""
    return Table(
        "repeated_requests",
        metadata,
        Column("workspace_id", Uuid, nullable=False),
        Column("operation", Text, nullable=False),
        Column("key", Text, nullable=False),
        Column("fingerprint", LargeBinary, nullable=False),
        Column("status", Integer),
        Column("body", JSON),
        Column("headers", JSON),
        instant("made_at", now=True),
        PrimaryKeyConstraint("workspace_id", "operation", "key"),
        Index("ix_repeated_requests_made_at", "made_at"),
    )
