"""The metrics every service exports. A service's own live beside its code as `<service>_<noun>_<unit>`."""

from prometheus_client import Counter, Gauge, Histogram

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)

HTTP_REQUESTS = Counter("http_requests_total", "Requests answered.", ("service", "method", "route", "status"))
HTTP_SECONDS = Histogram("http_request_seconds", "Time to the answer.", ("service", "route"), buckets=_SECONDS)
BUS_MESSAGES = Counter(
    "bus_messages_total", "Messages handled: done, skipped, retried, busy, dead, malformed.", ("queue", "outcome")
)
BUS_SECONDS = Histogram("bus_message_seconds", "Time in the handler.", ("queue",), buckets=_SECONDS)
OUTBOX_PUBLISHED = Counter("outbox_published_total", "Outbox rows confirmed by the broker.", ("service",))
OUTBOX_FAILED = Counter("outbox_failed_total", "Outbox rows that could not be published.", ("service", "reason"))
OUTBOX_PENDING = Gauge("outbox_pending_rows", "Outbox rows that wait for their confirm.", ("service",))
OUTBOX_LAG = Gauge("outbox_lag_seconds", "Age of the oldest unpublished outbox row.", ("service",))
DEAD_LETTERS = Counter("dead_letters_total", "Messages filed as dead letters.", ("queue",))
DEAD_LETTERS_OPEN = Gauge("dead_letters_open_rows", "Dead letters that nobody has replayed or discarded.", ("service",))
SCHEDULE_LAST_SUCCESS = Gauge(
    "schedule_last_success_timestamp_seconds", "When a schedule last ran to its end.", ("service", "schedule")
)
SCHEDULE_FAILURES = Counter("schedule_failures_total", "Runs of a schedule that failed.", ("service", "schedule"))
DB_POOL_IN_USE = Gauge("db_pool_connections_in_use", "Connections of the pool that are checked out.", ("service",))
PROVIDER_CALLS = Counter("provider_calls_total", "Calls to outside providers.", ("provider", "outcome"))
PROVIDER_SECONDS = Histogram("provider_call_seconds", "Time of a provider's answer.", ("provider",), buckets=_SECONDS)
