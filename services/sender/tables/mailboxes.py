"""What mail leaves through: mailboxes, what became of their mail by day, and consents that are being asked for."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from libs.common.tables import instant
from services.sender.tables.base import METADATA, count, words

mailboxes = Table(
    "mailboxes",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("workspace_id", Uuid),
    Column("key", Text, nullable=False, unique=True),
    Column("provider", Text, nullable=False, server_default=text("'smtp'")),
    Column("address", Text, nullable=False),
    words("name"),
    Column("reply_to", Text),
    Column("sandboxed", Boolean, nullable=False),
    Column("settings", JSONB, nullable=False, server_default=text("'{}'")),
    Column("secrets", LargeBinary),
    Column("sealed_with", Text),
    Column("version", Integer, nullable=False, server_default=text("1")),
    Column("daily_quota", Integer),
    Column("ramp_from", Integer),
    Column("ramp_step", Integer),
    Column("ramp_started", Date),
    Column("state", Text, nullable=False, server_default=text("'active'")),
    Column("paused_reason", Text),
    Column("paused_detail", Text),
    instant("paused_at"),
    instant("retry_at"),
    Column("trouble", Text),
    count("failures"),
    count("refusals"),
    Column("findings", JSONB),
    instant("examined_at"),
    Column("idempotency_key", Text),
    Column("asked", Text),
    instant("created_at", now=True),
    instant("deleted_at"),
    CheckConstraint("provider IN ('smtp', 'sandbox', 'sendgrid', 'mailgun', 'instantly')", name="provider_known"),
    CheckConstraint("state IN ('active', 'paused')", name="state_known"),
    CheckConstraint("(state = 'paused') = (paused_reason IS NOT NULL)", name="paused_says_why"),
    CheckConstraint("(secrets IS NULL) = (sealed_with IS NULL)", name="sealed_names_its_key"),
    CheckConstraint("daily_quota > 0", name="quota_positive"),
    CheckConstraint("(ramp_from IS NULL) = (ramp_step IS NULL)", name="ramp_whole"),
    CheckConstraint("(ramp_from IS NULL) = (ramp_started IS NULL)", name="ramp_begun"),
    CheckConstraint("ramp_from > 0 AND ramp_step > 0", name="ramp_rises"),
    Index(
        "uq_mailboxes_address",
        "workspace_id",
        "address",
        unique=True,
        postgresql_where=text("workspace_id IS NOT NULL AND deleted_at IS NULL"),
    ),
    Index(
        "uq_mailboxes_idempotency_key",
        "workspace_id",
        "idempotency_key",
        unique=True,
        postgresql_where=text("idempotency_key IS NOT NULL"),
    ),
)
"""Null as `workspace_id` is the mailbox of the settings, which serves every workspace. `version` rises with each change of
how it is reached. A ramp allows `ramp_from` mails on the day `ramp_started`, and `ramp_step` more on each day after."""

mailbox_days = Table(
    "mailbox_days",
    METADATA,
    Column("mailbox_id", Uuid, ForeignKey("sender.mailboxes.id", ondelete="CASCADE"), nullable=False),
    Column("day", Date, nullable=False),
    count("mails"),
    count("bounces"),
    count("complaints"),
    PrimaryKeyConstraint("mailbox_id", "day"),
)
"""Days of UTC. `mails` were taken, or refused for their address: what the guardrails' rates are shares of."""

mailbox_paces = Table(
    "mailbox_paces",
    METADATA,
    Column("mailbox_id", Uuid, ForeignKey("sender.mailboxes.id", ondelete="CASCADE"), nullable=False),
    Column("workspace_id", Uuid, nullable=False),
    Column("what", Text, nullable=False),
    instant("used_until", nullable=False),
    PrimaryKeyConstraint("mailbox_id", "workspace_id", "what"),
    CheckConstraint("what IN ('trial', 'test_mail')", name="what_known"),
)
"""How far ahead of its pace a workspace is with what people let a mailbox do at once (`domain/mailboxes/trying.py`)."""

oauth_consents = Table(
    "oauth_consents",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("workspace_id", Uuid, nullable=False),
    Column("provider", Text, nullable=False),
    Column("mailbox_id", Uuid, ForeignKey("sender.mailboxes.id", ondelete="CASCADE")),
    Column("address", Text, nullable=False),
    words("name"),
    Column("verifier", LargeBinary, nullable=False),
    Column("sealed_with", Text, nullable=False),
    instant("created_at", now=True),
    instant("expires_at", nullable=False),
    instant("used_at"),
    CheckConstraint("provider IN ('google', 'microsoft')", name="provider_known"),
    Index("ix_oauth_consents_expires_at", "expires_at"),
)
"""A person has been sent to their provider to let us send for `address`; the PKCE verifier waits for their return."""
