"""Versions: adding an optional field is free, anything else is a new version; readers ignore what they do not know."""

from __future__ import annotations

from typing import Literal, get_args
from uuid import UUID

import pytest
from pydantic import BaseModel, Field
from pydantic_core import PydanticUndefined

from libs.common.clock import utc_now
from libs.common.contracts import snapshots
from libs.common.contracts.catalogue import BY_ROUTING_KEY, EVENTS, HISTORY, LISTENERS, LIVE
from libs.common.contracts.compatibility import breaking_changes
from libs.common.contracts.envelope import Envelope, Event
from libs.common.contracts.protections import PROTECTIONS


class Row(BaseModel):
    no: int
    cell: str = ""


class Before(BaseModel):
    """The version that is committed."""

    job_id: UUID
    credits: int = Field(ge=0)
    state: Literal["on", "off"]
    note: str | None = None
    rows: list[Row]
    counts: dict[str, int] = {}


class OptionalFieldAdded(Before):
    """More words in the documentation, and a field that may be missing."""

    language: str = "en"


class RequiredFieldAdded(Before):
    language: str


class FieldRemoved(BaseModel):
    job_id: UUID
    state: Literal["on", "off"]
    note: str | None = None
    rows: list[Row]
    counts: dict[str, int] = {}


class FieldRenamed(FieldRemoved):
    amount: int = Field(default=0, ge=0)


class Retyped(Before):
    credits: str  # pyright: ignore[reportIncompatibleVariableOverride, reportGeneralTypeIssues] - the change under test


class MadeRequired(Before):
    note: str | None  # pyright: ignore[reportGeneralTypeIssues] - the change under test


class MadeOptional(Before):
    state: Literal["on", "off"] = "on"


class NarrowedRange(Before):
    credits: int = Field(ge=1)


class NewValue(Before):
    state: Literal["on", "off", "asleep"]  # pyright: ignore[reportIncompatibleVariableOverride] - the change under test


class OtherRow(BaseModel):
    no: str
    cell: str = ""


class NestedRetyped(Before):
    rows: list[OtherRow]  # pyright: ignore[reportIncompatibleVariableOverride] - the change under test


class RowWithMore(Row):
    kind: str = ""


class NestedOptionalAdded(Before):
    rows: list[RowWithMore]  # pyright: ignore[reportIncompatibleVariableOverride] - the change under test


class MapRetyped(Before):
    counts: dict[str, str] = {}  # pyright: ignore[reportIncompatibleVariableOverride] - the change under test


@pytest.mark.parametrize("now", [Before, OptionalFieldAdded, NestedOptionalAdded])
def test_adding_an_optional_field_is_free(now: type[BaseModel]) -> None:
    """Red when the check is stricter than the rule: nobody could ever add anything."""
    assert breaking_changes(Before.model_json_schema(), now.model_json_schema()) == []


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (RequiredFieldAdded, "language is new and required"),
        (FieldRemoved, "credits is gone"),
        (FieldRenamed, "credits is gone"),
        (Retyped, "credits: type was 'integer' and is 'string'"),
        (MadeRequired, "note was optional and is no longer"),
        (MadeOptional, "state was required and is no longer"),
        (NarrowedRange, "credits: minimum was 0 and is 1"),
        (NewValue, "state: enum was"),
        (NestedRetyped, "rows[].no: type was 'integer' and is 'string'"),
        (MapRetyped, "counts[]: type was 'integer' and is 'string'"),
    ],
)
def test_any_other_change_is_a_new_version(now: type[BaseModel], said: str) -> None:
    """Red when a change goes through that an older reader or an older message would not survive."""
    found = breaking_changes(Before.model_json_schema(), now.model_json_schema())
    assert any(change.startswith(said) for change in found), found


def test_no_event_has_broken_its_committed_schema() -> None:
    """Red when an event has changed in place: make it a `.v2` beside the `.v1`."""
    assert snapshots.broken_promises() == []


def test_every_version_of_every_event_has_its_snapshot() -> None:
    assert snapshots.committed().keys() == snapshots.current().keys()


def _example(event: type[Event]) -> dict[str, object]:
    return {name: _value(field.annotation) for name, field in event.model_fields.items() if field.is_required()}


def _value(annotation: object) -> object:
    """A value that the simplest reading of a required field takes."""
    text = str(annotation)
    if text.startswith("typing.Literal"):
        return text.split("'")[1]
    known: dict[object, object] = {UUID: str(UUID(int=1)), int: 1, float: 0.5, str: "x", bool: True, dict[str, str]: {}}
    if annotation in known:
        return known[annotation]
    if text.startswith("list["):
        return []
    if type(None) in get_args(annotation):
        return None
    if "datetime" in text:
        return utc_now().isoformat()
    fields = getattr(annotation, "model_fields", {})
    return {name: _value(field.annotation) for name, field in fields.items() if field.default is PydanticUndefined}


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.type)
def test_a_reader_ignores_what_it_does_not_know(event: type[Event]) -> None:
    """A newer writer may say more. Red when a payload or the envelope forbids extra fields."""
    data = _example(event)
    written = {
        "id": str(UUID(int=1)),
        "type": event.type,
        "version": event.version,
        "source": event.source(),
        "occurred_at": utc_now().isoformat(),
        "data": {**data, "a_field_of_tomorrow": {"nested": [1, 2]}},
        "a_header_of_tomorrow": True,
    }
    envelope = Envelope.model_validate(written)
    assert BY_ROUTING_KEY[envelope.routing_key()] is event
    assert event.model_validate(envelope.data) == event.model_validate(data)


def test_an_event_is_named_after_its_service_entity_and_participle() -> None:
    assert [event.type for event in EVENTS if len(event.type.split(".")) != 3] == []
    assert len(BY_ROUTING_KEY) == len(EVENTS), "two events share a routing key"
    modules = {event.type: event.__module__.rpartition(".")[2] for event in EVENTS}
    assert {kind for kind, module in modules.items() if kind.split(".")[0] != module} == set()


def test_every_queue_says_what_protects_its_effect_and_no_other_does() -> None:
    """Money, rows and sends never rest on the inbox alone. Red when a queue is added without its key."""
    assert PROTECTIONS.keys() == LISTENERS.keys()
    assert [queue for queue, protection in PROTECTIONS.items() if not (protection.effect and protection.key)] == []


def test_what_a_browser_may_ask_for_again_is_not_transient() -> None:
    assert [event.type for event in HISTORY if event.transient] == []
    assert set(HISTORY) <= set(LIVE) <= set(EVENTS)
