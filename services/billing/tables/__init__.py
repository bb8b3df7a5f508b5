"""Billing's tables, a module per concern. Whoever wants one imports it from here."""

from services.billing.tables.base import COMMON, METADATA
from services.billing.tables.ledger import (
    accounts,
    captures,
    entries,
    grants,
    hold_grants,
    hold_raises,
    holds,
)
from services.billing.tables.operations import price_lists, proof_runs, proofs, refund_rows, refunds, spent_days
from services.billing.tables.plans import (
    entitlements,
    stripe_checkouts,
    stripe_customers,
    stripe_fetches,
    stripe_portals,
    stripe_prices,
    subscription_switches,
    subscriptions,
)
from services.billing.tables.stripe_told import (
    stripe_cursors,
    stripe_events,
    stripe_grants,
    stripe_invoice_lines,
    stripe_invoices,
    stripe_refund_requests,
    stripe_reversals,
)
from services.billing.tables.watching import (
    alert_settings,
    auto_top_ups,
    low_balances,
    spend_caps,
    top_ups,
    workspaces,
)

__all__ = [
    "COMMON",
    "METADATA",
    "accounts",
    "alert_settings",
    "auto_top_ups",
    "captures",
    "entitlements",
    "entries",
    "grants",
    "hold_grants",
    "hold_raises",
    "holds",
    "low_balances",
    "price_lists",
    "proof_runs",
    "proofs",
    "refund_rows",
    "refunds",
    "spend_caps",
    "spent_days",
    "stripe_checkouts",
    "stripe_cursors",
    "stripe_customers",
    "stripe_events",
    "stripe_fetches",
    "stripe_grants",
    "stripe_invoice_lines",
    "stripe_invoices",
    "stripe_portals",
    "stripe_prices",
    "stripe_refund_requests",
    "stripe_reversals",
    "subscription_switches",
    "subscriptions",
    "top_ups",
    "workspaces",
]
