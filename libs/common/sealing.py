"""Sealing: an event on its way out becomes the bytes of its envelope, once."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson

from libs.common.contracts.envelope import Event, Written


@dataclass(frozen=True, slots=True)
class Sealed:
    """An event on its way out: the bytes of its envelope, and what they are carried by."""

    id: UUID
    routing_key: str
    body: bytes


def seal(
    event: Event | Written,
    *,
    id_: UUID,
    occurred_at: datetime,
    tenant_id: UUID | None,
    correlation_id: UUID | None = None,
    causation_id: UUID | None = None,
    traceparent: str | None = None,
) -> Sealed:
    """Put an event into its envelope, as `encode` would write it. The payload becomes bytes once, or is bytes already."""
    kind = event.event if isinstance(event, Written) else type(event)
    data = event.data if isinstance(event, Written) else event.model_dump_json().encode()
    envelope = {
        "id": id_,
        "type": kind.type,
        "version": kind.version,
        "source": kind.source(),
        "occurred_at": occurred_at,
        "tenant_id": tenant_id,
        "correlation_id": correlation_id,
        "causation_id": causation_id,
        "traceparent": traceparent,
        "data": orjson.Fragment(data),
    }
    # The database's driver has UUIDs of its own make, a subclass, which orjson does not take for one.
    return Sealed(id_, kind.routing_key(), orjson.dumps(envelope, option=orjson.OPT_UTC_Z, default=str))
