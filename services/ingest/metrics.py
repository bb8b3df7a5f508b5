"""What ingest counts beside the platform's own metrics."""

from prometheus_client import Counter, Histogram

from services.ingest.domain.usage import Taken

ROWS = Counter("ingest_rows_total", "Rows whose first result was stored.", ("status",))
COST_MICROUSD = Counter(
    "ingest_provider_cost_microusd_total",
    "What the calls for stored rows cost by price list, in millionths of a US dollar; sandboxed: would have cost.",
    ("provider", "sandboxed"),
)
TOKENS = Counter(
    "ingest_llm_tokens_total", "Tokens of the completions for stored rows.", ("model", "direction", "sandboxed")
)
JOB_TURNS = Counter("ingest_job_turns_total", "Jobs that came into a state.", ("state",))
CHUNKS_DISPATCHED = Counter("ingest_chunks_dispatched_total", "Chunks published, and confirmed by the broker.")
CHUNKS_RESCUED = Counter("ingest_chunks_rescued_total", "Queued chunks that nobody had any more, published again.")
SOURCING_TURNS = Counter("ingest_sourcing_turns_total", "Sourcings that came into a state.", ("state",))
LEADS = Counter("ingest_leads_total", "People asked for at Apollo: revealed, or without an address.", ("outcome",))
UPLOADS = Counter("ingest_uploads_total", "Uploads read, by what came of it.", ("outcome",))
FINDINGS = Counter("ingest_upload_findings_total", "What was found wrong in uploads' rows.", ("code",))
CHECK_SECONDS = Histogram(
    "ingest_upload_check_seconds", "Time to check an upload's rows.", buckets=(0.5, 1, 2, 5, 10, 30, 60, 120, 300)
)
PLAIN_LISTS = Counter(
    "ingest_plain_lists_total", "Lists that are sent as they are: asked for, and published.", ("outcome",)
)
EXPORTS = Counter(
    "ingest_exports_total", "Sheets asked for beside the finished ones, by what came of it.", ("outcome",)
)


def count_calls(taken: Taken) -> None:
    """Count what stored rows took."""
    for usage, sandboxed in ((taken.real, "no"), (taken.sandboxed, "yes")):
        for name, calls in usage.providers.items():
            COST_MICROUSD.labels(name, sandboxed).inc(calls.cost_microusd)
        for name, calls in usage.models.items():
            TOKENS.labels(name, "in", sandboxed).inc(calls.tokens_in)
            TOKENS.labels(name, "out", sandboxed).inc(calls.tokens_out)
