"""The gateway's tables: users, workspaces, memberships, what they may do, mails, and the short history of live events."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
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

entitlements = Table(
    "entitlements",
    METADATA,
    Column("workspace_id", Uuid, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("plan", Text, nullable=False),
    Column("members", Integer),
    Column("api_requests_per_minute", Integer),
)
"""Billing's word on what a workspace may do, as it was last heard; null is without limit."""

request_buckets = Table(
    "request_buckets",
    METADATA,
    Column("workspace_id", Uuid, primary_key=True),
    instant("full_at", nullable=False),
    prefixes=["UNLOGGED"],
)
"""When a workspace's bucket of requests will be full again. Unlogged: a crash of the server fills it, and no request waits
for a disk."""

mails = Table(
    "mails",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("source", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("workspace_id", Uuid),
    Column("subject", Text, nullable=False),
    Column("body_text", Text, nullable=False),
    Column("body_html", Text, nullable=False),
    Column("state", Text, nullable=False, server_default=text("'queued'")),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    instant("due_at", now=True),
    instant("lease_until"),
    Column("reply", Text),
    instant("created_at", now=True),
    instant("ended_at"),
    UniqueConstraint("source", "address"),
    CheckConstraint("state IN ('queued', 'sending', 'sent', 'refused', 'unknown', 'given_up')", name="state"),
    Index("ix_mails_due", "due_at", postgresql_where=text("state = 'queued'")),
    Index("ix_mails_sending", "lease_until", postgresql_where=text("state = 'sending'")),
    Index("ix_mails_ended_at", "ended_at", postgresql_where=text("ended_at IS NOT NULL")),
)
"""Mails of Corofy's own. Key: what they are about (`event:<id>`) and to whom. Their Message-ID is made of the id."""
