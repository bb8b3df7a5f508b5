"""Identifiers: uuid7 (RFC 9562), so that ids sort by the time they were made."""

from uuid import UUID

import uuid_utils


def new_id() -> UUID:
    """A fresh uuid7 as a standard `uuid.UUID`."""
    return UUID(int=uuid_utils.uuid7().int)
