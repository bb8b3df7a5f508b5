"""What users are told: by live events, and by mails of Corofy's own."""

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

from libs.common.tables import instant
from services.gateway.tables.base import METADATA

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
