"""What Stripe has told, and what was made of it. Amounts of money are in the currency's smallest unit, with the currency as
Stripe writes it (lower case); credits are whole. Ids are Stripe's own; keys are kept for ever."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
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

from libs.common.tables import instant
from services.billing.tables.base import METADATA, amount, none_negative

stripe_events = Table(
    "stripe_events",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("type", Text, nullable=False),
    Column("object_kind", Text, nullable=False),
    Column("object_id", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("state", Text, nullable=False, server_default=text("'stored'")),
    Column("code", Text),
    Column("reason", Text),
    Column("body", LargeBinary),
    instant("told_at", nullable=False),
    instant("received_at", now=True),
    instant("applied_at"),
    CheckConstraint("source IN ('webhook', 'reconciliation')", name="source"),
    CheckConstraint("state IN ('stored', 'applied', 'ignored', 'refused')", name="state"),
    CheckConstraint("(state = 'stored') = (applied_at IS NULL)", name="applied_at"),
    CheckConstraint("(state = 'refused') = (code IS NOT NULL)", name="code"),
    Index("ix_stripe_events_page", "received_at", "id"),
    Index("ix_stripe_events_open", "state", "received_at", postgresql_where=text("state IN ('stored', 'refused')")),
    Index("ix_stripe_events_bodies", "received_at", postgresql_where=text("body IS NOT NULL")),
)
"""Key: Stripe's event id. `body` is what was signed, byte by byte, for 90 days; the row stays."""

stripe_invoices = Table(
    "stripe_invoices",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("workspace_id", Uuid, ForeignKey("billing.accounts.workspace_id"), nullable=False),
    Column("customer_id", Text, nullable=False),
    Column("subscription_id", Text),
    Column("number", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("total_minor", BigInteger, nullable=False),
    Column("paid_minor", BigInteger, nullable=False),
    Column("tax_minor", BigInteger, nullable=False, server_default=text("0")),
    Column("hosted_url", Text),
    Column("pdf_url", Text),
    Column("refused_code", Text),
    Column("refused_reason", Text),
    amount("granted_credits"),
    amount("plan_credits"),
    amount("taken_credits"),
    amount("recalled_credits"),
    instant("issued_at", nullable=False),
    instant("paid_at"),
    instant("fetched_at", nullable=False),
    none_negative("granted_credits", "plan_credits", "taken_credits", "recalled_credits"),
    CheckConstraint("recalled_credits <= taken_credits AND taken_credits <= granted_credits", name="taken"),
    CheckConstraint("plan_credits <= granted_credits", name="plan_credits"),
    Index("ix_stripe_invoices_page", "workspace_id", "issued_at", "id"),
    Index("ix_stripe_invoices_subscription", "subscription_id"),
)
"""`granted` is what it brought (`plan` of it for its subscription), `taken` how much of that its reversals ask back,
`recalled` how much of that was there to be taken. `fetched_at` is when Stripe was asked: an answer to an earlier question
never replaces a later one's."""

stripe_invoice_lines = Table(
    "stripe_invoice_lines",
    METADATA,
    Column("invoice_id", Text, ForeignKey("billing.stripe_invoices.id"), nullable=False),
    Column("line_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("item", Text, nullable=False),
    Column("quantity", BigInteger, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("credits", BigInteger, nullable=False),
    instant("starts_at", nullable=False),
    instant("ends_at", nullable=False),
    PrimaryKeyConstraint("invoice_id", "line_id"),
    CheckConstraint("kind IN ('plan', 'proration', 'pack', 'trial')", name="kind"),
    CheckConstraint("kind = 'proration' OR credits >= 0", name="credits"),
)
"""The lines of paid invoices that are accepted, with the credits they stand for (signed) by the catalogue of that day."""

stripe_grants = Table(
    "stripe_grants",
    METADATA,
    Column("invoice_id", Text, ForeignKey("billing.stripe_invoices.id"), nullable=False),
    Column("business_key", Text, nullable=False),
    Column("place", Integer, nullable=False),
    Column("cause", Text, nullable=False),
    PrimaryKeyConstraint("invoice_id", "business_key"),
    CheckConstraint("cause IN ('paid', 'returned')", name="cause"),
)
"""Which grants an invoice brought: paid for by it, or returned when a reversal of it fell away. Taken from in this order."""

stripe_reversals = Table(
    "stripe_reversals",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("invoice_id", Text, ForeignKey("billing.stripe_invoices.id"), nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("status", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    amount("recalled_credits"),
    amount("returned_credits"),
    Column("claws", Integer, nullable=False, server_default=text("0")),
    instant("told_at", nullable=False),
    instant("fetched_at", nullable=False),
    CheckConstraint("kind IN ('refund', 'credit_note', 'dispute', 'void')", name="kind"),
    none_negative("amount_minor", "recalled_credits", "returned_credits"),
    Index("ix_stripe_reversals_invoice_id", "invoice_id"),
)
"""What takes the money of a paid invoice back: a refund, a credit note, a dispute, or that the invoice became void. `claws`
counts the movements that took credits for it: it ends their keys."""

stripe_refund_requests = Table(
    "stripe_refund_requests",
    METADATA,
    Column("idempotency_key", Text, primary_key=True),
    Column("invoice_id", Text, ForeignKey("billing.stripe_invoices.id"), nullable=False),
    Column("amount_minor", BigInteger),
    Column("reason", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("refund_id", Text),
    Column("refunded_minor", BigInteger),
    instant("created_at", now=True),
    CheckConstraint("amount_minor > 0", name="amount_minor"),
)
"""An operator's wish to give money back. `amount_minor` is null for all that is left of it."""

stripe_cursors = Table(
    "stripe_cursors",
    METADATA,
    Column("name", Text, primary_key=True),
    instant("reached_at", nullable=False),
)
"""How far Stripe has been read."""
