"""Structured logs: `noun.verbed` with key=value, as JSON lines in production and as readable lines on a terminal."""

import logging
import sys

import structlog
from structlog.typing import EventDict, FilteringBoundLogger, WrappedLogger

_SECRET_WORDS = frozenset({"password", "secret", "token", "apikey", "authorization", "signature", "cookie"})


def _hide_secrets(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    for key in event:
        words = key.lower().replace("api_key", "apikey").replace("-", "_").split("_")
        if not _SECRET_WORDS.isdisjoint(words):
            event[key] = "***"
    return event


def configure_logs(*, service: str, level: str = "INFO", fmt: str = "json") -> None:
    """Send structlog and the standard library's loggers to stderr in one format. `fmt` is `json` or `console`."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _hide_secrets,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        cache_logger_on_first_use=True,
    )
    # Plain tracebacks: the pretty ones show local variables, and secrets among them.
    console = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    renderer = structlog.processors.JSONRenderer() if fmt == "json" else console
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for noisy in ("httpx", "httpcore", "aiormq", "aio_pika", "groq", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    for server in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        # The server brings handlers of its own; its lines take our format instead.
        logging.getLogger(server).handlers, logging.getLogger(server).propagate = [], True
    # Every request is counted and timed by the metrics already.
    logging.getLogger("uvicorn.access").disabled = True
    structlog.contextvars.bind_contextvars(service=service)


def get_logger() -> FilteringBoundLogger:
    """The logger every module uses: `log.info("chunk.enriched", job_id=…, rows=50)`."""
    return structlog.get_logger()
