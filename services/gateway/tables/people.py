"""Users, how they are signed in, and what is mailed to prove an address."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, LargeBinary, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from libs.common.tables import instant
from services.gateway.tables.base import METADATA

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
