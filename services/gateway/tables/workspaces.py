"""Workspaces, who may do what in them and by which keys, who is invited, and who did what."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from libs.common.tables import instant
from services.gateway.tables.base import METADATA
from services.gateway.tables.people import users

_ROLES = "'owner', 'admin', 'member', 'viewer'"

workspaces = Table(
    "workspaces",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("version", BigInteger, nullable=False, server_default=text("1")),
    instant("created_at", now=True),
)
"""`version` grows with every change of name or zone: the ETag, and what listeners order them by."""

memberships = Table(
    "memberships",
    METADATA,
    Column("user_id", Uuid, ForeignKey(users.c.id), primary_key=True),
    Column("workspace_id", Uuid, ForeignKey(workspaces.c.id), primary_key=True),
    Column("role", Text, nullable=False),
    instant("created_at", now=True),
    CheckConstraint(f"role IN ({_ROLES})", name="role"),
    Index("ix_memberships_workspace_id_user_id", "workspace_id", "user_id"),
)

invitations = Table(
    "invitations",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("workspace_id", Uuid, ForeignKey(workspaces.c.id), nullable=False),
    Column("address", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("invited_by", Uuid, nullable=False),
    instant("created_at", now=True),
    instant("expires_at", nullable=False),
    instant("mailed_at", now=True),
    Column("mails", Integer, nullable=False, server_default=text("1")),
    instant("revoked_at"),
    instant("accepted_at"),
    Column("accepted_by", Uuid),
    CheckConstraint("role IN ('admin', 'member', 'viewer')", name="role"),
    CheckConstraint("revoked_at IS NULL OR accepted_at IS NULL", name="one_end"),
    Index(
        "uq_invitations_open",
        "workspace_id",
        "address",
        unique=True,
        postgresql_where=text("revoked_at IS NULL AND accepted_at IS NULL"),
    ),
    Index("ix_invitations_workspace_id_id", "workspace_id", "id"),
)
"""`digest` is SHA-256 of the token that was mailed last; an address is invited once at a time. `mails` numbers its mails."""

api_keys = Table(
    "api_keys",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("workspace_id", Uuid, ForeignKey(workspaces.c.id), nullable=False),
    Column("user_id", Uuid, ForeignKey(users.c.id, ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("ending", Text, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    instant("created_at", now=True),
    instant("expires_at"),
    instant("last_used_at"),
    instant("revoked_at"),
    Index("ix_api_keys_workspace_id_id", "workspace_id", "id"),
    Index("ix_api_keys_user_id", "user_id"),
)
"""`digest` is SHA-256 of the whole key: what 32 random bytes are made of cannot be guessed, so a slow hash would protect
nothing and cost every request. `ending` are its last characters, for people to tell keys apart. `user_id` made it."""

audit_entries = Table(
    "audit_entries",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("workspace_id", Uuid, nullable=False),
    Column("user_id", Uuid, nullable=False),
    Column("email", Text, nullable=False),
    Column("key_id", Uuid),
    Column("method", Text, nullable=False),
    Column("route", Text, nullable=False),
    Column("operation", Text, nullable=False),
    Column("subjects", JSONB, nullable=False, server_default=text("'{}'")),
    Column("outcome", Text, nullable=False),
    Column("status", Integer),
    Column("request_id", Text, nullable=False),
    Column("client_address", Text, nullable=False),
    instant("at", now=True),
    CheckConstraint("outcome IN ('done', 'refused', 'failed', 'unknown')", name="outcome"),
    Index("ix_audit_entries_workspace_id_id", "workspace_id", "id"),
    Index("ix_audit_entries_at", "at"),
)
"""Who did what: never what a request or an answer held. It refers to nothing, so that it outlives what it tells of."""
