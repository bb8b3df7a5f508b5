"""The gateway's tables: users, sessions, workspaces, memberships, what they may do, mails, and recent live events."""

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
from sqlalchemy.dialects.postgresql import JSONB

from libs.common.tables import common_tables, instant, service_metadata

METADATA = service_metadata("gateway")
COMMON = common_tables(METADATA)

users = Table(
    "users",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("email", Text, nullable=False),
    Column("password_hash", Text),
    Column("words", JSONB, nullable=False, server_default=text("'{}'")),
    instant("email_proved_at"),
    instant("welcomed_at"),
    instant("created_at", now=True),
    Index("uq_users_own_email", "email", unique=True, postgresql_where=text("password_hash IS NOT NULL")),
)
"""Who signs in here has a password; whom Supabase vouches for has none, and is known by the id alone: addresses change hands
there. `words` is what users say of themselves. `welcomed_at`: once, with a workspace of their own."""

sessions = Table(
    "sessions",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid, ForeignKey(users.c.id, ondelete="CASCADE"), nullable=False),
    instant("created_at", now=True),
    instant("refreshed_at", now=True),
    instant("ended_at"),
    Index("ix_sessions_user_id", "user_id"),
    Index("ix_sessions_refreshed_at", "refreshed_at"),
)
"""Where users are signed in with a password of ours."""

refresh_tokens = Table(
    "refresh_tokens",
    METADATA,
    Column("digest", LargeBinary, primary_key=True),
    Column("session_id", Uuid, ForeignKey(sessions.c.id, ondelete="CASCADE"), nullable=False),
    instant("created_at", now=True),
    instant("used_at"),
    Index("ix_refresh_tokens_session_id", "session_id"),
)
"""SHA-256 of each token that a session has been given, the used ones too: to see one a second time gives its thief away."""

mailed_tokens = Table(
    "mailed_tokens",
    METADATA,
    Column("digest", LargeBinary, primary_key=True),
    Column("user_id", Uuid, ForeignKey(users.c.id, ondelete="CASCADE"), nullable=False),
    Column("kind", Text, nullable=False),
    instant("expires_at", nullable=False),
    CheckConstraint("kind IN ('recovery', 'signup')", name="kind"),
    Index("ix_mailed_tokens_user_id", "user_id"),
    Index("ix_mailed_tokens_expires_at", "expires_at"),
)
"""SHA-256 of what a mail proves an address with. A row is taken out when it is used."""

mail_requests = Table(
    "mail_requests",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("email", Text, nullable=False),
    Column("kind", Text, nullable=False),
    instant("asked_at", now=True),
    CheckConstraint("kind IN ('recovery', 'signup')", name="kind"),
)
"""Somebody asked for a mail to an address. The clock finds out whether it is anybody's: who asked can tell nothing by it."""

attempts = Table(
    "attempts",
    METADATA,
    Column("key", LargeBinary, primary_key=True),
    instant("full_at", nullable=False),
    Index("ix_attempts_full_at", "full_at"),
    prefixes=["UNLOGGED"],
)
"""When the bucket of an address, or of a client, is full again. Key: SHA-256 of what is counted and for whom."""

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
