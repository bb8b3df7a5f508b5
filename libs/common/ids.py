"""Identifiers: uuid7 (RFC 9562), so that ids sort by the time they were made."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import uuid_utils

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def new_id() -> UUID:
    """A fresh uuid7 as a standard `uuid.UUID`."""
    return UUID(int=uuid_utils.uuid7().int)


def made_at(made: UUID) -> datetime:
    """When a uuid7 was made, to the millisecond (RFC 9562, 5.7)."""
    return datetime.fromtimestamp((made.int >> 80) / 1000, UTC)


def first_id_at(moment: datetime) -> UUID:
    """The least uuid7 that may be made at a moment (to the millisecond), to look for ids by time."""
    milliseconds = int((moment - _EPOCH) / _MILLISECOND)
    return UUID(int=max(0, milliseconds) << 80)
