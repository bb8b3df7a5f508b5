"""Where workspaces want to be told what happens, and what is told there."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from libs.common.tables import instant
from services.gateway.tables.base import METADATA
from services.gateway.tables.workspaces import workspaces

webhook_endpoints = Table(
    "webhook_endpoints",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("workspace_id", Uuid, ForeignKey(workspaces.c.id, ondelete="CASCADE"), nullable=False),
    Column("url", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("events", ARRAY(Text), nullable=False),
    Column("enabled", Boolean, nullable=False, server_default=text("true")),
    Column("disabled_because", Text),
    instant("disabled_at"),
    Column("secret", LargeBinary, nullable=False),
    Column("sealed_with", Text, nullable=False),
    Column("old_secret", LargeBinary),
    Column("old_sealed_with", Text),
    instant("old_until"),
    instant("failing_since"),
    instant("created_at", now=True),
    CheckConstraint("disabled_because IN ('person', 'gone', 'failing')", name="disabled_because"),
    CheckConstraint("enabled = (disabled_at IS NULL) AND enabled = (disabled_because IS NULL)", name="disabled"),
    Index("ix_webhook_endpoints_workspace_id_id", "workspace_id", "id"),
)
"""`secret` is sealed for this endpoint alone. `old_secret` signs as well until `old_until`. `failing_since` is when the first
attempt failed after the last one that did not."""

webhook_deliveries = Table(
    "webhook_deliveries",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("endpoint_id", Uuid, ForeignKey(webhook_endpoints.c.id, ondelete="CASCADE"), nullable=False),
    Column("event_id", Uuid, nullable=False),
    Column("event_type", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("state", Text, nullable=False, server_default=text("'waiting'")),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    instant("due_at", now=True),
    Column("lease", Uuid),
    instant("lease_until"),
    Column("status", Integer),
    Column("answer", Text),
    Column("error", Text),
    instant("tried_at"),
    instant("created_at", now=True),
    instant("ended_at"),
    UniqueConstraint("endpoint_id", "event_id"),
    CheckConstraint("state IN ('waiting', 'sending', 'delivered', 'given_up')", name="state"),
    Index("ix_webhook_deliveries_endpoint_id_id", "endpoint_id", "id"),
    Index("ix_webhook_deliveries_waiting", "endpoint_id", "due_at", postgresql_where=text("state = 'waiting'")),
    Index("ix_webhook_deliveries_sending", "endpoint_id", postgresql_where=text("state = 'sending'")),
    Index("ix_webhook_deliveries_ended_at", "ended_at", postgresql_where=text("ended_at IS NOT NULL")),
)
"""An event on its way to an endpoint. Key: both of them. `body` is what is signed and sent, the same however often. `attempts`
are those whose outcome is known; `status`, `answer` and `error` tell of the last one."""
