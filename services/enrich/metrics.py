"""What enrich counts beside the platform's own metrics."""

from prometheus_client import Counter, Gauge, Histogram

ROWS = Counter("enrich_rows_total", "Rows answered, by status.", ("status",))
ROWS_IN_FLIGHT = Gauge("enrich_in_flight_rows", "Rows that occupy a slot of this process.")
CHUNKS_RETURNED = Counter("enrich_chunks_returned_total", "Chunks handed back unfinished.", ("reason",))
LIMITER_DECISIONS = Counter(
    "enrich_limiter_decisions_total",
    "Decisions under a provider's limit: granted, later, day_full, kept_back, lost (granted, and not used in time).",
    ("provider", "outcome"),
)
LIMITER_WAIT_SECONDS = Histogram(
    "enrich_limiter_wait_seconds",
    "How long calls have waited for their turn under a provider's limit.",
    ("provider",),
    buckets=(0.05, 0.25, 1, 5, 15, 60, 240),
)
BREAKER_OPEN = Gauge("enrich_open_breakers", "Accounts that this process has found not to answer.", ("provider",))
