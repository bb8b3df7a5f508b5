"""Identifiers: uuid7 (RFC 9562), so that ids sort by the time they were made."""

from datetime import UTC, datetime
from uuid import UUID

import uuid_utils


def new_id() -> UUID:
    """A fresh uuid7 as a standard `uuid.UUID`."""
    return UUID(int=uuid_utils.uuid7().int)


def made_at(made: UUID) -> datetime:
    """When a uuid7 was made, to the millisecond (RFC 9562, 5.7)."""
    return datetime.fromtimestamp((made.int >> 80) / 1000, UTC)
