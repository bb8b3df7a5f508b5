"""The AsyncAPI 3.0 document of the events, made from the catalogue (https://www.asyncapi.com/docs/reference/specification/v3.0.0).

FastStream's own generator describes our subscribers by the bytes they take, so that it has nothing to say of the events.
"""

from typing import Any

from libs.common.contracts.catalogue import EVENTS, LISTENERS
from libs.common.contracts.envelope import Envelope, Event

_REF = "#/components/schemas/{model}"


def document() -> dict[str, Any]:
    """Channels are routing keys; each event is sent by its source and received by the queues that listen."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Corofy events",
            "version": "1.0.0",
            "description": "What the services of Corofy tell each other over the topic exchange `events`.",
        },
        "defaultContentType": "application/json",
        "channels": {event.routing_key(): _channel(event) for event in EVENTS},
        "operations": {**_sends(), **_receives()},
        "components": {"messages": {e.routing_key(): _message(e) for e in EVENTS}, "schemas": _schemas()},
    }


def _channel(event: type[Event]) -> dict[str, Any]:
    key = event.routing_key()
    return {
        "address": key,
        "messages": {key: {"$ref": f"#/components/messages/{key}"}},
        "bindings": {"amqp": {"is": "routingKey", "exchange": {"name": "events", "type": "topic", "durable": True}}},
    }


def _sends() -> dict[str, Any]:
    return {
        f"{event.source()} says {event.routing_key()}": {
            "action": "send",
            "channel": {"$ref": f"#/channels/{event.routing_key()}"},
            "bindings": {
                "amqp": {"ack": True, "deliveryMode": 1 if event.transient else 2, "mandatory": not event.transient}
            },
        }
        for event in EVENTS
    }


def _receives() -> dict[str, Any]:
    return {
        f"{queue} hears {event.routing_key()}": {
            "action": "receive",
            "channel": {"$ref": f"#/channels/{event.routing_key()}"},
            "bindings": {"amqp": {"ack": True}},
        }
        for queue, events in LISTENERS.items()
        for event in events
    }


def _message(event: type[Event]) -> dict[str, Any]:
    return {
        "name": event.type,
        "title": event.__name__,
        "summary": " ".join((event.__doc__ or "").split()),
        "contentType": "application/json",
        "payload": {
            "allOf": [
                {"$ref": _REF.format(model=Envelope.__name__)},
                {
                    "type": "object",
                    "properties": {
                        "type": {"const": event.type},
                        "version": {"const": event.version},
                        "data": {"$ref": _REF.format(model=event.__name__)},
                    },
                },
            ]
        },
    }


def _schemas() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for model in (Envelope, *EVENTS):
        schema = model.model_json_schema(ref_template=_REF, mode="validation")
        found |= schema.pop("$defs", {})
        found[model.__name__] = schema
    return dict(sorted(found.items()))
