"""What the gateway counts beside the platform's own metrics and its live streams."""

from prometheus_client import Counter, Gauge

REQUESTS_LIMITED = Counter("gateway_limited_requests_total", "Requests above the plan's number per minute.", ("plan",))
MAILS = Counter(
    "gateway_mails_total", "Mails of Corofy's own to users and operators, by what came of them.", ("outcome",)
)
MAILS_WAITING = Gauge("gateway_waiting_mails", "Mails of Corofy's own that are due and not sent yet.")
ATTEMPTS_LIMITED = Counter(
    "gateway_limited_attempts_total", "Attempts to sign in, sign up or be mailed above what is bearable.", ("kind",)
)
REFRESH_TOKENS_REUSED = Counter(
    "gateway_reused_refresh_tokens_total", "Refresh tokens that came back after their use; each has ended a session."
)
WEBHOOK_DELIVERIES = Counter(
    "gateway_webhook_deliveries_total",
    "Attempts to tell an endpoint of a workspace something, by what came of them; lost are those nobody recorded.",
    ("outcome",),
)
WEBHOOK_OLDEST_DUE = Gauge(
    "gateway_webhook_oldest_due_seconds", "How long what is due has waited at an endpoint that answers well."
)
WEBHOOKS_DISABLED = Counter("gateway_webhooks_disabled_total", "Endpoints disabled by themselves, by why.", ("reason",))
AUDIT_ENTRIES_LOST = Counter(
    "gateway_lost_audit_entries_total",
    "Entries of the audit log that could not be written: they stand in the log of the service.",
)
ERASURE_AGE = Gauge(
    "gateway_oldest_open_erasure_seconds", "How long ago the oldest erasure of a lead that is not done was asked for."
)
DELETION_AGE = Gauge(
    "gateway_oldest_open_deletion_seconds",
    "How long ago the oldest workspace was deleted of which something is left that should not be.",
)
