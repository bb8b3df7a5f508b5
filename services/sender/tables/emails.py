"""Emails on their way."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Computed,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from libs.common.tables import instant
from services.sender.tables.base import METADATA, count

emails = Table(
    "emails",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("workspace_id", Uuid, nullable=False),
    Column("campaign_id", Uuid, ForeignKey("sender.campaigns.id"), nullable=False),
    Column("enrolment_id", Uuid, ForeignKey("sender.enrolments.id"), nullable=False),
    Column("lead_id", Uuid, ForeignKey("sender.leads.id"), nullable=False),
    Column("mailbox_id", Uuid, ForeignKey("sender.mailboxes.id"), nullable=False),
    Column("step", Integer, nullable=False),
    Column("state", Text, nullable=False, server_default=text("'planned'")),
    Column("stage", Text, Computed("CASE state WHEN 'claimed' THEN 'planned' ELSE state END", persisted=True)),
    Column("recipient", Text, nullable=False),
    Column("message_id", Text, nullable=False, unique=True),
    Column("fencing_token", BigInteger, nullable=False, server_default=text("0")),
    instant("lease_until"),
    instant("due_at", now=True),
    count("attempts"),
    count("deferrals"),
    Column("reason", Text),
    Column("subject", Text),
    instant("created_at", now=True),
    instant("sending_at"),
    instant("ended_at"),
    UniqueConstraint("enrolment_id", "step"),
    CheckConstraint(
        "state IN ('planned', 'claimed', 'sending', 'sent', 'failed', 'unknown', 'deferred', 'cancelled', 'suppressed')",
        name="state_known",
    ),
    CheckConstraint("(state IN ('claimed', 'sending')) = (lease_until IS NOT NULL)", name="leased_in_hand"),
    CheckConstraint("step > 0", name="step_counts_from_one"),
    Index("ix_emails_unknown", "mailbox_id", "sending_at", postgresql_where=text("stage = 'unknown'")),
    Index("ix_emails_sending", "sending_at", postgresql_where=text("stage = 'sending'")),
    Index("ix_emails_campaign_id_stage", "campaign_id", "stage"),
    Index("ix_emails_workspace_id_id", "workspace_id", "id"),
    Index("ix_emails_workspace_id_recipient", "workspace_id", "recipient"),
    Index("ix_emails_lead_id", "lead_id"),
)
"""Nothing is begun for an email before its `due_at` (it was deferred, or is a later step). When it is planned for is its
slot's. No index names what a claim changes, `state`, `fencing_token` and `lease_until`, not even in its condition: a claim then
writes the row alone, and not ten indexes. They name `stage`, which is the state but for a claim."""

claim_batches = Table(
    "claim_batches",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("email_ids", ARRAY(Uuid), nullable=False),
    instant("lease_until", nullable=False),
    Index("ix_claim_batches_lease_until", "lease_until"),
)
"""Where to look for claims whose lease has run out. Whether one has is what the email says: it may be anybody's since."""

email_resolutions = Table(
    "email_resolutions",
    METADATA,
    Column("email_id", Uuid, ForeignKey("sender.emails.id"), nullable=False),
    Column("fencing_token", BigInteger, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("decided_by", Text, nullable=False),
    instant("decided_at", now=True),
    PrimaryKeyConstraint("email_id", "fencing_token"),
    CheckConstraint("outcome IN ('sent', 'send_again')", name="outcome_known"),
)
"""What was decided about an attempt whose outcome nobody knew: by whom, a person's id or the provider's look-up."""

email_lookups = Table(
    "email_lookups",
    METADATA,
    Column("email_id", Uuid, ForeignKey("sender.emails.id"), nullable=False),
    Column("fencing_token", BigInteger, nullable=False),
    count("asked"),
    instant("next_at", nullable=False),
    PrimaryKeyConstraint("email_id", "fencing_token"),
)
"""How often a provider was asked about an attempt whose outcome nobody knew, and when it is asked again."""
