"""Sealing: an event on its way out reads like the envelope it stands for, whoever wrote its payload."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from asyncpg.pgproto import pgproto
from hypothesis import given
from hypothesis import strategies as st

from libs.common.contracts.enrich import ChunkEnriched, ProviderExhausted
from libs.common.contracts.envelope import Envelope, Event, Written
from libs.common.contracts.research import Receipt, RowResult
from libs.common.outbox import encode
from libs.common.sealing import seal

AT = datetime(2026, 11, 27, 9, 30, 0, 123456, tzinfo=UTC)
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
HEADS = st.fixed_dictionaries(
    {
        "tenant_id": st.none() | st.uuids(),
        "correlation_id": st.none() | st.uuids(),
        "causation_id": st.none() | st.uuids(),
        "traceparent": st.none() | st.just(TRACE),
        "occurred_at": st.datetimes(timezones=st.just(UTC)),
    }
)
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def chunk(lines: list[str]) -> ChunkEnriched:
    rows = [
        RowResult(row_no=no, status="enriched", line=line, receipt=Receipt(models=[line]))
        for no, line in enumerate(lines, start=1)
    ]
    return ChunkEnriched(job_id=UUID(int=3), chunk_no=0, epoch=0, dispatch_no=1, results=rows)


def enveloped(event: Event, *, id_: UUID, **head: Any) -> Envelope:
    named = {"type": event.type, "version": event.version, "source": event.source()}
    return Envelope(id=id_, **named, **head, data=event.model_dump(mode="json"))


@given(id_=st.uuids(), head=HEADS, lines=st.lists(WORDS, max_size=3))
def test_a_sealed_event_reads_like_its_envelope(id_: UUID, head: dict[str, Any], lines: list[str]) -> None:
    """The bytes say what `encode` says of the same envelope. Red when `seal` leaves out or renames a field of it."""
    event = chunk(lines)

    sealed = seal(event, id_=id_, **head)

    written = enveloped(event, id_=id_, **head)
    assert Envelope.model_validate_json(sealed.body) == written
    assert orjson.loads(sealed.body).keys() == orjson.loads(encode(written)).keys()
    assert (sealed.id, sealed.routing_key) == (id_, written.routing_key())


@given(lines=st.lists(WORDS, max_size=3))
def test_a_payload_that_is_json_already_is_said_as_it_is(lines: list[str]) -> None:
    """Rows that lie stored as JSON go out byte for byte. Red when `seal` parses or quotes a `Written` payload."""
    event = chunk(lines)
    data = event.model_dump_json().encode()

    sealed = seal(Written(ChunkEnriched, data), id_=UUID(int=1), occurred_at=AT, tenant_id=None)

    assert data in sealed.body
    assert sealed == seal(event, id_=UUID(int=1), occurred_at=AT, tenant_id=None)
    assert ChunkEnriched.model_validate(Envelope.model_validate_json(sealed.body).data) == event


def test_ids_as_the_database_hands_them_out_are_sealed() -> None:
    """Its driver makes UUIDs of a class of its own. Red when `seal` takes the standard library's only."""
    theirs = pgproto.UUID("0198f3f0-0000-7000-8000-000000000001")

    sealed = seal(chunk([]), id_=UUID(int=1), occurred_at=AT, tenant_id=theirs, correlation_id=theirs)

    assert Envelope.model_validate_json(sealed.body).correlation_id == theirs


def test_instants_of_a_sealed_event_end_in_z() -> None:
    """As every other instant on the wire. Red when the envelope's instant is written with an offset."""
    event = ProviderExhausted(account="a", provider="a", counter=1, reason="day_limit", message="", resume_at=AT)

    told = orjson.loads(seal(event, id_=UUID(int=1), occurred_at=AT, tenant_id=None).body)

    assert told["occurred_at"] == told["data"]["resume_at"] == "2026-11-27T09:30:00.123456Z"
