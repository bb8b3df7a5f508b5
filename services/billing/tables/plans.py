"""Whom we sell to, what at which price, and what they may do. `realm` tells the same workspace's life at the sandbox, in
Stripe's test mode and in its live mode apart. Ids are Stripe's own; money is in the currency's smallest unit."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Sequence,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from libs.common.tables import instant
from services.billing.tables.base import METADATA, none_negative

_REALM = "realm IN ('live', 'test', 'sandbox')"

stripe_customers = Table(
    "stripe_customers",
    METADATA,
    Column("workspace_id", Uuid, nullable=False),
    Column("realm", Text, nullable=False),
    Column("customer_id", Text),
    instant("asked_at", nullable=False),
    instant("created_at", now=True),
    PrimaryKeyConstraint("workspace_id", "realm"),
    UniqueConstraint("customer_id"),
    CheckConstraint(_REALM, name="realm"),
)
"""One customer of a workspace, ever. Without `customer_id` it has been asked for and the answer was not recorded."""

stripe_prices = Table(
    "stripe_prices",
    METADATA,
    Column("price_id", Text, primary_key=True),
    Column("item", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("unit_amount_minor", BigInteger, nullable=False),
    Column("interval", Text),
    Column("active", Boolean, nullable=False),
    Column("live", Boolean, nullable=False),
    Column("fault", Text),
    instant("read_at", nullable=False),
    CheckConstraint("interval IN ('month', 'year')", name="interval"),
    none_negative("unit_amount_minor"),
)
"""Prices that are or were ours, as Stripe had them when it was last asked. One that is configured no longer stays: whoever
subscribed at it goes on paying it. `fault` is why it is not offered."""

stripe_checkouts = Table(
    "stripe_checkouts",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("workspace_id", Uuid, nullable=False),
    Column("realm", Text, nullable=False),
    Column("idempotency_key", Text, nullable=False),
    Column("item", Text, nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("price_id", Text, nullable=False),
    Column("trial_days", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("session_id", Text),
    Column("url", Text),
    Column("asked_by", Uuid, nullable=False),
    instant("expires_at"),
    instant("created_at", now=True),
    UniqueConstraint("workspace_id", "idempotency_key"),
    UniqueConstraint("session_id"),
    CheckConstraint(_REALM, name="realm"),
    CheckConstraint("state IN ('asked', 'open', 'closed')", name="state"),
    CheckConstraint("state <> 'open' OR (session_id IS NOT NULL AND url IS NOT NULL)", name="open"),
    CheckConstraint("quantity > 0 AND trial_days >= 0", name="numbers"),
    Index(
        "uq_stripe_checkouts_plan",
        "workspace_id",
        "realm",
        unique=True,
        postgresql_where=text("state <> 'closed' AND item NOT LIKE 'pack%'"),
    ),
)
"""Key: the workspace's Idempotency-Key. One checkout of a plan is open at a time, or two plans could be bought."""

subscriptions = Table(
    "subscriptions",
    METADATA,
    Column("subscription_id", Text, primary_key=True),
    Column("workspace_id", Uuid, nullable=False),
    Column("realm", Text, nullable=False),
    Column("customer_id", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("price_id", Text, nullable=False),
    Column("item_id", Text, nullable=False),
    Column("plan", Text),
    Column("interval", Text),
    instant("period_starts_at"),
    instant("period_ends_at"),
    instant("trial_starts_at"),
    instant("trial_ends_at"),
    Column("cancels_at_period_end", Boolean, nullable=False),
    instant("ends_at"),
    instant("ended_at"),
    Column("schedule_id", Text),
    Column("pending_plan", Text),
    Column("pending_interval", Text),
    instant("pending_at"),
    Column("unpaid_plan", Text),
    Column("unpaid_interval", Text),
    instant("unpaid_until"),
    instant("dunning_since"),
    instant("next_attempt_at"),
    Column("pay_url", Text),
    Column("told_invoice_id", Text),
    Column("told_attempts", Integer, nullable=False, server_default=text("0")),
    Column("fetch_no", BigInteger, nullable=False),
    instant("made_at", nullable=False),
    instant("fetched_at", nullable=False),
    CheckConstraint(_REALM, name="realm"),
    Index("ix_subscriptions_workspace_id", "workspace_id", "realm"),
    Index("ix_subscriptions_dunning", "dunning_since", postgresql_where=text("status = 'past_due'")),
)
"""Stripe's subscriptions, as they were when last fetched: an answer never replaces one with a higher `fetch_no`. The invoice
and the number of attempts of the last failure that was told keep it from being told twice."""

stripe_fetches = Sequence("stripe_fetches", metadata=METADATA)
"""Numbers fetches from Stripe by when they began."""

subscription_switches = Table(
    "subscription_switches",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("workspace_id", Uuid, nullable=False),
    Column("subscription_id", Text, nullable=False),
    Column("from_price_id", Text, nullable=False),
    Column("to_price_id", Text, nullable=False),
    Column("item", Text, nullable=False),
    Column("starts", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("asked_by", Uuid, nullable=False),
    instant("asked_at", nullable=False),
    Column("called_off_price_id", Text),
    Column("calls_off_end", Boolean, nullable=False, server_default=text("false")),
    CheckConstraint("starts IN ('now', 'period_end')", name="starts"),
    CheckConstraint("state IN ('asked', 'done', 'left')", name="state"),
    Index("uq_subscription_switches_asked", "subscription_id", unique=True, postgresql_where=text("state = 'asked'")),
    Index("ix_subscription_switches_asked", "asked_at", postgresql_where=text("state = 'asked'")),
)
"""Each switch that was asked for. Its id is the key that Stripe is asked under, so that a repeated call does nothing twice.
`called_off_price_id` is what waited for the period's end until then, and waits again if the switch is not paid for;
`calls_off_end`: the plan was to end, and goes on once the switch is paid for."""

stripe_portals = Table(
    "stripe_portals",
    METADATA,
    Column("realm", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("configuration_id", Text, nullable=False),
    instant("created_at", now=True),
    PrimaryKeyConstraint("realm", "fingerprint"),
    CheckConstraint(_REALM, name="realm"),
)
"""What the customer portal shows is configured once for each set of features."""

entitlements = Table(
    "entitlements",
    METADATA,
    Column("workspace_id", Uuid, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("plan", Text, nullable=False),
    Column("rows_per_job", Integer),
    Column("concurrent_jobs", Integer),
    Column("mailboxes", Integer),
    Column("members", Integer),
    Column("api_requests_per_minute", Integer),
    instant("changed_at", nullable=False),
    CheckConstraint("version > 0", name="version"),
    none_negative("rows_per_job", "concurrent_jobs", "mailboxes", "members", "api_requests_per_minute"),
    Index("ix_entitlements_plan", "plan"),
)
"""What a workspace may do; null is without limit. `version` rises with each change."""
