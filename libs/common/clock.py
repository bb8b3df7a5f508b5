"""The one place that reads the wall clock, so that use cases can be handed a time and tests can set it."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """The present time, zoned in UTC."""
    return datetime.now(UTC)
