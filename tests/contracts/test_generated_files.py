"""What is made from the contracts is committed as it would be made now."""

from __future__ import annotations

import pytest
from faststream.specification.asyncapi.v3_0_0.schema import ApplicationSchema

from libs.common.contracts import asyncapi, documents, generate
from libs.common.contracts.catalogue import EVENTS, LISTENERS
from libs.common.http import openapi
from libs.common.messaging.topology import EVENTS_EXCHANGE, RETRY_DELAYS


def test_the_snapshots_and_documents_are_those_of_the_code() -> None:
    """Red when an event, a listener or a protection has changed without `python -m libs.common.contracts.generate`."""
    assert generate.stale() == []


@pytest.mark.parametrize("service", documents.SERVICES)
def test_the_committed_api_description_is_that_of_the_routes(service: str) -> None:
    """Red when a route has changed without `python -m libs.common.http.openapi`."""
    path = openapi.path_of(service)
    assert path.exists(), "run python -m libs.common.http.openapi"
    assert path.read_text("utf-8") == openapi.text_of(openapi.document_of(service))


def test_the_asyncapi_document_is_one() -> None:
    """Read by FastStream's model of AsyncAPI 3.0. Red when a reference leads nowhere or a part is missing."""
    document = asyncapi.document()
    ApplicationSchema.model_validate(document)
    for reference in _references(document):
        found: object = document
        for part in reference.removeprefix("#/").split("/"):
            assert isinstance(found, dict)
            assert part in found, reference
            found = found[part]
    exchanges = {channel["bindings"]["amqp"]["exchange"]["name"] for channel in document["channels"].values()}
    assert exchanges == {EVENTS_EXCHANGE}
    heard = sum(len(events) for events in LISTENERS.values())
    assert len(document["operations"]) == len(EVENTS) + heard


def _references(value: object) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [found for part in value.values() for found in _references(part)]
    if isinstance(value, list):
        return [found for part in value for found in _references(part)]
    return []


def test_the_pages_tell_of_every_event_queue_and_delay() -> None:
    events, flow = documents.events_page(), documents.data_flow_page()
    assert [event.type for event in EVENTS if f"### {event.routing_key()}\n" not in events] == []
    assert [queue for queue in LISTENERS if f"| `{queue}` |" not in flow] == []
    assert all(f".{delay}`" in flow for delay, _ in RETRY_DELAYS)
