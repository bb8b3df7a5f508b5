"""`docs/events.md` and `docs/data-flow.md`, made from the catalogue: who says what to whom, and what protects it."""

from collections.abc import Iterator
from typing import Any

from libs.common.contracts.catalogue import EVENTS, HISTORY, LISTENERS, LIVE
from libs.common.contracts.envelope import Event
from libs.common.contracts.protections import PROTECTIONS

MADE = "<!-- Made by `python -m libs.common.contracts.generate` from `libs/common/contracts`. Change it there. -->"
SERVICES = ("gateway", "ingest", "enrich", "billing", "sender")

_EVENTS_HEAD = """# Events

What the services tell each other over RabbitMQ. The routing key is type + major version on the topic exchange `events`; every
event travels in the envelope (`id`, `type`, `version`, `source`, `occurred_at`, `tenant_id`, `correlation_id`, `causation_id`,
`traceparent`, `data`). Each version's JSON Schema is committed in `libs/common/contracts/schemas/`; adding an optional field
is free, anything else is a new version beside the old. The same as [AsyncAPI](asyncapi.json).

How an event is delivered:

- **durable**: written to the outbox in the transaction of the change, published persistent and mandatory, marked when the
  broker has confirmed it; at least once, in no promised order, and it waits for a service that is not there yet.
- **transient**: published after the commit, beside the outbox; losing one loses nothing.
- **+ browsers**: pushed to the workspace's open event streams as well; *history* means that `Last-Event-ID` finds it again.
"""

_FLOW_HEAD = """# Data flow

Who says what to whom, and what protects each flow. The gateway's HTTP is left out: see [architecture](architecture.md).

Every durable event takes the same way: **outbox** (in the transaction of the change) → confirmed publish → quorum queue of
the use case → **inbox** row and effect in one transaction → ack. A handler that fails goes through `<service>.retry.5s`,
`.30s`, `.5m` (one queue per delay, attempts counted in our own header), then to `<queue>.dead`, which its service files into
`dead_letters`. The inbox is forgotten after 30 days; the **key** in the tables below is kept for ever, and makes a second
delivery harmless also without the inbox.
"""


def events_page() -> str:
    """One table per source, and the fields of each event."""
    said = [line for service in SERVICES for line in _said_by(service)]
    return "\n".join([MADE, _EVENTS_HEAD, *said, *_parts()])


def _said_by(service: str) -> Iterator[str]:
    said = [event for event in EVENTS if event.source() == service]
    yield f"## {service}\n"
    yield "| event | says | who listens (queue) | delivery |\n|---|---|---|---|"
    for event in said:
        queues = "<br>".join(f"`{queue}`" for queue in _listeners(event)) or "–"
        yield f"| [`{event.type}`](#{_anchor(event)}) v{event.version} | {_says(event)} | {queues} | {_delivery(event)} |"
    yield ""
    for event in said:
        yield f"### {event.routing_key()}\n"
        yield "| field | type | |\n|---|---|---|"
        yield from _fields(event)
        yield ""


def _anchor(event: type[Event]) -> str:
    return event.routing_key().replace(".", "")


def _says(event: type[Event]) -> str:
    return " ".join((event.__doc__ or "").split()).replace("|", "\\|")


def _listeners(event: type[Event]) -> list[str]:
    return [queue for queue, events in LISTENERS.items() if event in events]


def _delivery(event: type[Event]) -> str:
    kind = "transient" if event.transient else "durable"
    if event in HISTORY:
        return f"{kind} + browsers (history)"
    return f"{kind} + browsers" if event in LIVE else kind


def _fields(event: type[Event]) -> Iterator[str]:
    return _properties(event.model_json_schema(mode="validation"))


def _parts() -> Iterator[str]:
    """What the fields of several events are made of."""
    parts: dict[str, dict[str, Any]] = {}
    for event in EVENTS:
        parts |= event.model_json_schema(mode="validation").get("$defs", {})
    yield "## Parts\n"
    for name, schema in sorted(parts.items()):
        yield f"### {name}\n\n{' '.join(schema.get('description', '').split())}\n"
        yield "| field | type | |\n|---|---|---|"
        yield from _properties(schema)
        yield ""


def _properties(schema: dict[str, Any]) -> Iterator[str]:
    required = set(schema.get("required", ()))
    for name, field in schema.get("properties", {}).items():
        yield f"| `{name}` | {_type(field)} | {'' if name in required else 'optional'} |"


def _type(field: dict[str, Any]) -> str:
    if "$ref" in field:
        return f"`{field['$ref'].rpartition('/')[2]}`"
    if "anyOf" in field:
        return " or ".join(_type(one) for one in field["anyOf"])
    if "enum" in field:
        return " or ".join(f"`{value}`" for value in field["enum"])
    if field.get("type") == "array":
        return f"list of {_type(field.get('items', {}))}"
    if field.get("type") == "object" and isinstance(field.get("additionalProperties"), dict):
        return f"map of {_type(field['additionalProperties'])}"
    return str(field.get("format") or field.get("const") or field.get("type", "any"))


def data_flow_page() -> str:
    """A picture of all flows, then per service its queues and their protections."""
    return "\n".join([MADE, _FLOW_HEAD, *_picture(), *(line for name in SERVICES for line in _protected(name))])


def _picture() -> Iterator[str]:
    yield "```mermaid\nflowchart LR"
    for service in SERVICES:
        yield f"    {service}[{service}]"
    for source in SERVICES:
        for target in SERVICES:
            if heard := _flow(source, target):
                yield f'    {source} -->|"{"<br>".join(heard)}"| {target}'
    yield "```\n"


def _flow(source: str, target: str) -> list[str]:
    """What one service says that another hears, without the source's name; the history of the gateway in one word."""
    if target == "gateway" and source != "gateway":
        return ["what a browser may see"] if any(event.source() == source for event in LIVE) else []
    heard = {e for queue, events in LISTENERS.items() if queue.split(".")[0] == target for e in events}
    return [event.type.split(".", 1)[1] for event in EVENTS if event.source() == source and event in heard]


def _protected(service: str) -> Iterator[str]:
    yield f"## {service} listens\n"
    yield "| queue | hears | does | key | inbox row |\n|---|---|---|---|---|"
    for queue, events in LISTENERS.items():
        if queue.split(".")[0] != service:
            continue
        said = PROTECTIONS[queue]
        hears = "<br>".join(f"`{event.type}`" for event in events)
        yield f"| `{queue}` | {hears} | {said.effect} | {said.key} | {said.inbox} |"
    yield ""
