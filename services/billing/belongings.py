"""What billing has of a workspace, table by table: children before what they hang on."""

from libs.common.belonging import Belongings, Part
from services.billing import tables

_SUBJECT = "subject_id"
_BOOKS = "the books: entries are kept for as long as the law says, and are chained"
_STRIPE = "what was bought and paid, as Stripe has it: kept for as long as the law says"
_INVOICE = "invoice_id"

BELONGINGS = Belongings(
    "billing",
    (
        Part(tables.alert_settings),
        Part(tables.auto_top_ups),
        Part(tables.member_caps),
        Part(tables.spend_caps),
        Part(tables.entitlements),
        Part(tables.METADATA.tables["billing.repeated_requests"], untold="answers kept for repeated requests"),
        Part(tables.COMMON.dead_letters, "tenant_id", untold="the operators' own: messages that could not be handled"),
        Part(tables.workspaces),
        Part(tables.refund_rows, _SUBJECT, tables.refunds, parent_key=_SUBJECT, kept=_BOOKS),
        Part(tables.refunds, kept=_BOOKS),
        Part(tables.captures, _SUBJECT, tables.holds, parent_key=_SUBJECT, kept=_BOOKS),
        Part(tables.hold_raises, kept=_BOOKS),
        Part(tables.hold_grants, _SUBJECT, tables.holds, parent_key=_SUBJECT, kept=_BOOKS),
        Part(tables.holds, kept=_BOOKS),
        Part(tables.entries, kept=_BOOKS),
        Part(tables.spent_days, kept=_BOOKS),
        Part(tables.proofs, kept=_BOOKS),
        Part(tables.grants, kept=_BOOKS),
        Part(tables.stripe_grants, _INVOICE, tables.stripe_invoices, kept=_STRIPE),
        Part(tables.stripe_invoice_lines, _INVOICE, tables.stripe_invoices, kept=_STRIPE),
        Part(tables.stripe_refund_requests, _INVOICE, tables.stripe_invoices, kept=_STRIPE),
        Part(tables.stripe_reversals, _INVOICE, tables.stripe_invoices, kept=_STRIPE),
        Part(tables.stripe_invoices, kept=_STRIPE),
        Part(tables.stripe_checkouts, kept=_STRIPE, secret=frozenset({"url"})),
        Part(tables.subscription_switches, kept=_STRIPE),
        Part(tables.top_ups, kept=_STRIPE, secret=frozenset({"pay_url"})),
        Part(tables.subscriptions, kept=_STRIPE, secret=frozenset({"pay_url"})),
        Part(tables.stripe_customers, kept=_STRIPE),
        Part(
            tables.low_balances,
            kept="numbers: a balance warned of is not warned of again",
            untold="which warnings were given",
        ),
        Part(tables.accounts, kept=_BOOKS),
        Part(tables.COMMON.deleted_workspaces, kept="the tombstone", untold="there is none while there is an export"),
    ),
    nobodys={
        "price_lists": "the same for all",
        "proof_runs": "how far a look at all accounts is",
        "stripe_cursors": "how far Stripe has been asked",
        "stripe_events": "what Stripe said; bodies go by themselves",
        "stripe_portals": "how a page at Stripe is made",
        "stripe_prices": "the same for all",
        "inbox": "ids of messages, for 30 days",
        "outbox": "events on their way, until a day after they went out",
        "schedules": "the clock",
    },
)
