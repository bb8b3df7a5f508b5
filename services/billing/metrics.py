"""What billing counts beside the platform's own metrics."""

from prometheus_client import Counter, Gauge, Histogram

CREDITS_MOVED = Counter("billing_credits_moved_total", "Credits in movements that were written.", ("operation",))
HOLDS_ANSWERED = Counter("billing_holds_answered_total", "First answers to a request for a hold.", ("answer",))
HOLDS_QUESTIONED = Counter("billing_holds_questioned_total", "Holds that billing asked about.")
OVERDUE_HOLDS = Gauge("billing_overdue_holds", "Holds whose subject ended more than 15 minutes ago, not closed yet.")
DIFFERING_ACCOUNTS = Gauge(
    "billing_differing_accounts", "Workspaces whose books contradicted each other when last proven."
)
PROVEN_AT = Gauge("billing_proven_timestamp_seconds", "When every account had been proven last.")
STRIPE_CALLS = Counter("billing_stripe_calls_total", "Questions to Stripe, by what came of them.", ("call", "outcome"))
STRIPE_SECONDS = Histogram(
    "billing_stripe_seconds",
    "Time of a question to Stripe.",
    ("call",),
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
STRIPE_TOLD = Counter("billing_stripe_told_total", "Events of Stripe's that arrived or were found.", ("source", "time"))
STRIPE_REJECTED = Counter("billing_stripe_rejected_total", "Requests to the webhook that were not taken.", ("code",))
STRIPE_EVENTS = Counter("billing_stripe_events_total", "What became of Stripe's events.", ("about", "outcome"))
STRIPE_REPAIRED = Counter("billing_stripe_repaired_total", "Events that nobody delivered, found by reconciliation.")
STRIPE_REFUSED = Gauge("billing_stripe_refused_events", "Events of Stripe's that contradict our record.")
STRIPE_OLDEST_UNAPPLIED = Gauge("billing_stripe_oldest_unapplied_seconds", "Age of the oldest event that waits.")
UNUSABLE_PRICES = Gauge("billing_unusable_prices", "Configured prices that Stripe lacks, or that do not fit.")
DOUBLED_SUBSCRIPTIONS = Gauge("billing_doubled_subscriptions", "Workspaces that pay for more than one subscription.")
BALANCES_LOW = Counter("billing_balances_low_total", "Balances that have fallen below a threshold of their workspace.")
TOP_UPS = Counter("billing_top_ups_total", "Credits bought by themselves, by what came of it.", ("state",))
