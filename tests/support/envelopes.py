"""Events in their envelopes, as their own service would send them."""

from __future__ import annotations

from uuid import UUID

from libs.common.clock import utc_now
from libs.common.contracts.envelope import Envelope, Event
from libs.common.ids import new_id


def envelope_of(event: Event, workspace_id: UUID | None, *, id_: UUID | None = None) -> Envelope:
    """An event of now, about a workspace (or none); with an id of its own unless one is given."""
    return Envelope(
        id=id_ or new_id(),
        type=event.type,
        version=event.version,
        source=event.source(),
        occurred_at=utc_now(),
        tenant_id=workspace_id,
        data=event.model_dump(mode="json"),
    )
