"""The catalogue of what webhooks tell: made of the payloads themselves, so that it cannot say anything else."""

import functools
import inspect
from typing import Any, get_args

from pydantic import TypeAdapter

from services.gateway.domain.examples import Examples
from services.gateway.domain.webhook_events import KINDS, VERSION, EventType, Kind
from services.gateway.schemas.webhooks import WebhookEventOut, WebhookEventsOut


@functools.cache
def catalogue() -> WebhookEventsOut:
    """Every type that can be chosen."""
    chosen = get_args(EventType)
    return WebhookEventsOut(items=[_shown(kind) for kind in KINDS if kind.name in chosen])


def schema_of(kind: Kind) -> dict[str, Any]:
    """The JSON schema (2020-12) of a whole message."""
    data = TypeAdapter(kind.holds).json_schema()
    inner = data.pop("$defs", {})
    fields = {
        "type": {"const": kind.name},
        "version": {"const": VERSION},
        "timestamp": {"type": "string", "format": "date-time"},
        "workspace_id": {"type": "string", "format": "uuid"},
        "data": data,
    }
    schema: dict[str, Any] = {"type": "object", "properties": fields, "required": list(fields)}
    return {**schema, "$defs": inner} if inner else schema


def _shown(kind: Kind) -> WebhookEventOut:
    schema = schema_of(kind)
    return WebhookEventOut(
        type=kind.name,  # pyright: ignore[reportArgumentType] - one of those that can be chosen
        description=inspect.cleandoc(kind.holds.__doc__ or ""),
        body_schema=schema,
        example=Examples(schema.get("$defs", {})).answered(schema),
    )
