"""What other schedulers keep for us: campaigns at providers that send when they think best, and leads to take back there."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from libs.common.tables import instant
from services.sender.tables.base import METADATA, count

hand_overs = Table(
    "hand_overs",
    METADATA,
    Column("campaign_id", Uuid, ForeignKey("sender.campaigns.id", ondelete="CASCADE"), nullable=False),
    Column("mailbox_id", Uuid, ForeignKey("sender.mailboxes.id"), nullable=False),
    Column("provider_ref", Text),
    Column("state", Text, nullable=False, server_default=text("'missing'")),
    Column("told", JSONB),
    Column("trouble", Text),
    instant("troubled_since"),
    count("failures"),
    Column("fencing_token", BigInteger, nullable=False, server_default=text("0")),
    instant("lease_until"),
    instant("retry_at"),
    PrimaryKeyConstraint("campaign_id", "mailbox_id"),
    CheckConstraint("state IN ('missing', 'active', 'paused')", name="state_known"),
    CheckConstraint("state <> 'active' OR provider_ref IS NOT NULL", name="active_has_ref"),
    CheckConstraint("(trouble IS NULL) = (troubled_since IS NULL)", name="trouble_says_since_when"),
    Index("ix_hand_overs_mailbox_id", "mailbox_id"),
    Index("ix_hand_overs_troubled", "troubled_since", postgresql_where=text("troubled_since IS NOT NULL")),
)
"""`state` and `told` are what the provider was brought to last: what differs from our campaign is told again. Each claim
raises the fencing token, and only who holds the newest may write down what the provider was brought to."""

take_backs = Table(
    "take_backs",
    METADATA,
    Column("campaign_id", Uuid, nullable=False),
    Column("mailbox_id", Uuid, nullable=False),
    Column("email", Text, nullable=False),
    Column("state", Text, nullable=False, server_default=text("'open'")),
    Column("trouble", Text),
    count("failures"),
    instant("asked_at", now=True),
    instant("due_at", now=True),
    instant("ended_at"),
    PrimaryKeyConstraint("campaign_id", "mailbox_id", "email"),
    CheckConstraint("state IN ('open', 'taken', 'not_there', 'not_handed_over')", name="state_known"),
    CheckConstraint("(state = 'open') = (ended_at IS NULL)", name="ended_says_when"),
    Index("ix_take_backs_open", "due_at", postgresql_where=text("state = 'open'")),
)
"""Written by whoever suppresses an address, in the same transaction; ended once the provider has let go of the lead."""
