"""What webhooks tell: public types made of our own events, and nothing of these that is not meant for anybody."""

from datetime import UTC, datetime
from typing import Any, get_args
from uuid import UUID

import pytest
from jsonschema import Draft202012Validator

from libs.common.contracts.catalogue import EVENTS, HISTORY
from services.gateway.domain.webhook_events import KINDS, TEST, EventType, Kind, body_of, kind_of
from services.gateway.schemas.webhook_events import catalogue, schema_of

NOW = datetime(2027, 3, 1, 8, tzinfo=UTC)
WORKSPACE = UUID(int=7)
BY_TYPE = {event.type: event for event in EVENTS}
MADE = [kind for kind in KINDS if kind.made_of]


def told(kind: Kind, data: dict[str, Any]) -> dict[str, Any]:
    body = body_of(kind, data, workspace_id=WORKSPACE, happened_at=NOW)
    return {**body, "timestamp": NOW.isoformat(), "workspace_id": str(WORKSPACE)}


def test_every_type_but_the_test_can_be_chosen_and_has_a_name_of_its_own() -> None:
    """Red when a kind cannot be chosen, or one that can is none."""
    names = [kind.name for kind in KINDS]
    assert sorted(names) == sorted({*get_args(EventType), TEST})


@pytest.mark.parametrize("kind", MADE, ids=lambda kind: kind.name)
def test_a_kind_is_made_of_an_event_that_is_heard_and_has_all_that_it_holds(kind: Kind) -> None:
    """Red when a kind is made of what `gateway.record_history` does not hear, or promises a field that the event lacks."""
    event = BY_TYPE[kind.made_of or ""]
    assert event in HISTORY
    assert kind_of(event.type) is kind
    promised = set(schema_of(kind)["properties"]["data"]["properties"])
    assert promised <= set(event.model_fields)


def test_what_a_kind_does_not_hold_is_not_told() -> None:
    """Red when fields of our own events, such as where to pay, travel to strangers; or a field is missing for null."""
    kind = next(one for one in KINDS if one.name == "payment.failed")
    data = {"payment_for": "top_up", "amount_minor": 5, "currency": "eur", "reason": "no", "pay_url": "https://pay/1"}
    body = told(kind, data)
    assert body["data"] == {
        "payment_for": "top_up",
        "amount_minor": 5,
        "currency": "eur",
        "reason": "no",
        "tried": None,
    }
    sent = next(one for one in KINDS if one.name == "emails.sent")
    mail = {"email_id": "1", "lead_id": "2", "step": 1, "recipient": "a@b.example", "secret": "s"}
    assert told(sent, {"campaign_id": "3", "emails": [mail]})["data"]["emails"] == [
        {"email_id": "1", "lead_id": "2", "step": 1, "recipient": "a@b.example"}
    ]


def test_what_is_nobodys_business_is_no_kind() -> None:
    """Red when chunks or progress are told."""
    assert [kind_of(one) for one in ("enrich.chunk.enriched", "ingest.job.progressed", "billing.hold.placed")] == [
        None,
        None,
        None,
    ]


def test_the_catalogues_examples_are_what_its_schemas_say() -> None:
    """Red when a schema is none, or an example does not fit it."""
    items = catalogue().items
    assert [one.type for one in items] == list(get_args(EventType))
    for one in items:
        Draft202012Validator.check_schema(one.body_schema)
        assert list(Draft202012Validator(one.body_schema).iter_errors(one.example)) == []
        assert one.example["type"] == one.type
