"""Mail that could not be sent and waits for a person, and what people did about it. (`dead_letters` are the bus's.)"""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Identity, Index, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from libs.common.tables import instant
from services.sender.tables.base import METADATA, words

dead_emails = Table(
    "dead_emails",
    METADATA,
    Column("email_id", Uuid, ForeignKey("sender.emails.id"), primary_key=True),
    Column("workspace_id", Uuid, nullable=False),
    Column("campaign_id", Uuid, ForeignKey("sender.campaigns.id"), nullable=False),
    Column("cause", Text, nullable=False),
    words("detail"),
    Column("state", Text, nullable=False, server_default=text("'open'")),
    instant("opened_at", now=True),
    instant("closed_at"),
    CheckConstraint("state IN ('open', 'replayed', 'discarded')", name="state_known"),
    CheckConstraint("(state = 'open') = (closed_at IS NULL)", name="closed_says_when"),
    Index("ix_dead_emails_open", "workspace_id", "cause", "email_id", postgresql_where=text("state = 'open'")),
    Index("ix_dead_emails_workspace_id_email_id", "workspace_id", "email_id"),
)
"""One per email: one that fails again after it was replayed is open again."""

dead_email_actions = Table(
    "dead_email_actions",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("email_id", Uuid, ForeignKey("sender.dead_emails.email_id"), nullable=False),
    Column("action", Text, nullable=False),
    Column("detail", JSONB, nullable=False, server_default=text("'{}'")),
    Column("made_by", Uuid, nullable=False),
    instant("made_at", now=True),
    CheckConstraint("action IN ('edited', 'replayed', 'discarded')", name="action_known"),
    Index("ix_dead_email_actions_email_id", "email_id", "id"),
)
"""Who did what, in order. Rows are added only."""
