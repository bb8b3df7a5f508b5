"""What billing counts beside the platform's own metrics."""

from prometheus_client import Counter, Gauge

CREDITS_MOVED = Counter("billing_credits_moved_total", "Credits in movements that were written.", ("operation",))
HOLDS_ANSWERED = Counter("billing_holds_answered_total", "First answers to a request for a hold.", ("answer",))
HOLDS_QUESTIONED = Counter("billing_holds_questioned_total", "Holds that billing asked about.")
OVERDUE_HOLDS = Gauge("billing_overdue_holds", "Holds whose subject ended more than 15 minutes ago, not closed yet.")
