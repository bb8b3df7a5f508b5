"""The gateway's tables: users, workspaces, memberships, and the short history of live events."""

from sqlalchemy import BigInteger, Column, ForeignKey, Identity, Index, LargeBinary, Table, Text, Uuid

from libs.common.tables import common_tables, instant, service_metadata

METADATA = service_metadata("gateway")
COMMON = common_tables(METADATA)

users = Table(
    "users",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("email", Text, nullable=False, unique=True),
    Column("password_hash", Text, nullable=False),
    instant("created_at", now=True),
)

workspaces = Table(
    "workspaces",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("time_zone", Text, nullable=False),
    instant("created_at", now=True),
)

memberships = Table(
    "memberships",
    METADATA,
    Column("user_id", Uuid, ForeignKey(users.c.id), primary_key=True),
    Column("workspace_id", Uuid, ForeignKey(workspaces.c.id), primary_key=True),
    Column("role", Text, nullable=False),
    instant("created_at", now=True),
    Index("ix_memberships_workspace_id", "workspace_id"),
)

live_events = Table(
    "live_events",
    METADATA,
    Column("seq", BigInteger, Identity(), primary_key=True),
    Column("event_id", Uuid, nullable=False, unique=True),
    Column("tenant_id", Uuid),
    Column("correlation_id", Uuid),
    Column("type", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    instant("recorded_at", now=True),
    Index("ix_live_events_tenant_id_seq", "tenant_id", "seq"),
    Index("ix_live_events_recorded_at", "recorded_at"),
)
