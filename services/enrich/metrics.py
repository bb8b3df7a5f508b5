"""What enrich counts beside the platform's own metrics."""

from prometheus_client import Counter, Gauge

ROWS = Counter("enrich_rows_total", "Rows answered, by status.", ("status",))
ROWS_IN_FLIGHT = Gauge("enrich_in_flight_rows", "Rows that occupy a slot of this process.")
CHUNKS_RETURNED = Counter("enrich_chunks_returned_total", "Chunks handed back unfinished.", ("reason",))
