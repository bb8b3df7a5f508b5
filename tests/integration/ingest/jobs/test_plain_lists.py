"""Lists that are made of an upload as it is: published once, in parts, without research and without credits."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest
from prometheus_client import REGISTRY

from libs.common.clock import utc_now
from libs.common.contracts.billing import HoldPlaced
from libs.common.contracts.ingest import ChunkCreated, JobCreated, ListDeleted, RecipientsPublished
from libs.common.contracts.research import ExtraAnswer
from libs.common.errors import Conflict, Invalid, NotFound
from libs.common.ids import new_id
from services.ingest.domain.plain_lists import PlainList, PlainListRequest
from services.ingest.segments import Cell, SegmentDamaged
from services.ingest.use_cases import publish_plain_lists as publishing
from services.ingest.use_cases.delete_job import delete_job
from services.ingest.use_cases.delete_upload import delete_unused_uploads, delete_upload
from services.ingest.use_cases.make_plain_list import make_plain_list
from services.ingest.use_cases.publish_plain_lists import publish_plain_lists
from tests.integration.ingest.jobs.steps import Ingest, answer, result
from tests.support.ingest import RunningIngest, headers


async def make(ingest: Ingest, upload_id: UUID, *, key: str = "click", **more: object) -> PlainList:
    request = PlainListRequest(upload_id, **more)  # pyright: ignore[reportArgumentType] - a test's own fields
    async with ingest.open_uow() as uow:
        return await make_plain_list(uow, request, workspace_id=ingest.workspace_id, idempotency_key=key)


async def publish(ingest: Ingest) -> list[RecipientsPublished]:
    await publish_plain_lists(open_uow=ingest.open_uow, storage=ingest.storage)
    return await ingest.said(RecipientsPublished)


def counted() -> dict[str, float]:
    """How many lists were taken and published by this process."""
    return {
        outcome: REGISTRY.get_sample_value("ingest_plain_lists_total", {"outcome": outcome}) or 0
        for outcome in ("taken", "published")
    }


async def test_an_upload_becomes_a_list_without_research_and_without_credits(ingest: Ingest) -> None:
    """What is no address goes along, to be set aside. Red when a job is made, a row is lost, or a line is invented."""
    rows: list[list[Cell]] = [
        ["ann@acme.example", "Ann", "Acme", " Ops "],
        ["not an address", "Bob", "B", "x"],
        ["cy@c.example", "Cy", "C"],
        ["", "Dee", "D"],
    ]
    upload_id = await ingest.upload((2, 2), rows=rows)
    await ingest.execute(
        "UPDATE ingest.uploads SET columns = columns || jsonb_build_array(jsonb_build_object("
        "'index', 3, 'name', 'Team', 'header', 'Team', 'type', 'text'))"
    )
    made = await make(ingest, upload_id, name="October")
    (part,) = await publish(ingest)
    assert (part.list_id, part.list_name, part.part_no, part.parts) == (made.id, "October", 0, 1)
    assert [(p.row_no, p.email, p.first_name, p.line, p.status, p.sandboxed, p.fields) for p in part.recipients] == [
        (1, "ann@acme.example", "Ann", "", "plain", False, {"Team": "Ops"}),
        (2, "not an address", "Bob", "", "plain", False, {"Team": "x"}),
        (3, "cy@c.example", "Cy", "", "plain", False, {"Team": ""}),
    ]
    assert await ingest.said(JobCreated) == []
    assert await ingest.said(ChunkCreated) == []


async def test_a_researched_list_carries_the_other_columns_too(ingest: Ingest) -> None:
    """Red when templates cannot name what the sheet says beside the columns that everybody has."""
    upload_id = await ingest.upload((1,), rows=[["ann@acme.example", "Ann", "Acme"]])
    await ingest.execute(
        """UPDATE ingest.uploads SET mapping = '{"email": 0}', columns = jsonb_set(columns, '{2,name}', '"Firm"')"""
    )
    job = await ingest.create(upload_id, mapping={"email": 0})
    await ingest.deliver(HoldPlaced(job_id=job.id, credits=1))
    await ingest.announce(rows=10_000)
    await ingest.dispatch()
    await ingest.deliver(answer(job.id, 0, [1]))
    await ingest.merge(job.id)
    (part,) = await ingest.said(RecipientsPublished)
    assert [person.fields for person in part.recipients] == [{"First name": "Ann", "Firm": "Acme"}]


async def test_columns_that_were_asked_for_are_fields_too(ingest: Ingest) -> None:
    """Unknown stays blank. Red when a template cannot name what was paid for, or a row lacks the name."""
    job_id = await ingest.queued((2,))
    await ingest.execute(
        "UPDATE ingest.jobs SET spec = jsonb_set(spec, '{extra_columns}', CAST(:columns AS jsonb))",
        columns='[{"name": "Sells", "kind": "list", "description": ""}, {"name": "Sites", "kind": "number", "description": ""}]',
    )
    answers = {"Sites": ExtraAnswer(value=12), "Sells": ExtraAnswer(value=["pumps", "valves"])}
    await ingest.deliver(answer(job_id, 0, [result(1).model_copy(update={"extra": answers}), result(2)]))
    await ingest.merge(job_id)
    (part,) = await ingest.said(RecipientsPublished)
    assert [person.fields for person in part.recipients] == [
        {"Sells": "pumps; valves", "Sites": "12"},
        {"Sells": "", "Sites": ""},
    ]


async def test_two_clicks_make_one_list_and_the_key_stands_for_one_request(ingest: Ingest) -> None:
    """Ten at once as well. Red when a click makes a list of its own."""
    upload_id, before = await ingest.upload((2,)), counted()
    made = await asyncio.gather(*(make(ingest, upload_id) for _ in range(10)))
    assert len({one.id for one in made}) == 1
    assert counted() == {**before, "taken": before["taken"] + 1}
    assert (await make(ingest, upload_id)).id == made[0].id
    with pytest.raises(Conflict) as raised:
        await make(ingest, upload_id, name="Another")
    assert raised.value.code == "idempotency_key_reused"
    assert (await make(ingest, upload_id, key="again")).id != made[0].id
    assert len(await publish(ingest)) == 2


async def test_a_list_needs_addresses_and_an_upload_of_ones_own(ingest: Ingest) -> None:
    """Red when a list is made that nobody of can be written to, or of another workspace's sheet."""
    upload_id = await ingest.upload((1,))
    with pytest.raises(Invalid) as raised:
        await make(ingest, upload_id, mapping={"company": 2})
    assert raised.value.code == "email_column_missing"
    with pytest.raises(NotFound):
        await make(ingest, new_id())
    stranger = Ingest(ingest.open_uow, ingest.storage)
    with pytest.raises(NotFound):
        await make(stranger, upload_id)


async def test_parts_are_announced_once_whoever_publishes_and_whatever_dies(ingest: Ingest) -> None:
    """Red when a part is counted without being announced, or announced twice."""
    made, before = await make(ingest, await ingest.upload((2,) * 9)), counted()
    whole = [part.model_dump() for part in await publish(ingest)]
    assert [(part["part_no"], len(part["recipients"])) for part in whole] == [(0, 8), (1, 8), (2, 2)]
    assert counted() == {**before, "published": before["published"] + 1}, "lists are counted, not their parts"
    await ingest.execute("DELETE FROM ingest.outbox")
    await ingest.execute("UPDATE ingest.plain_lists SET parts_published = 1 WHERE id = :id", id=made.id)
    await asyncio.gather(*(publish(ingest) for _ in range(4)))
    again = [part.model_dump() for part in await ingest.said(RecipientsPublished)]
    assert again == whole[1:]


async def test_a_list_that_cannot_be_published_keeps_none_waiting_nor_does_a_long_one(
    ingest: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Red when the first failure ends the round, or a short list waits for the end of a long one."""
    monkeypatch.setattr(publishing, "PARTS_A_TURN", 1)
    monkeypatch.setattr(publishing, "LISTS_AT_ONCE", 2)
    damaged = await ingest.upload((1,))
    lists = [
        await make(ingest, damaged, key="damaged"),
        await make(ingest, await ingest.upload((1,) * 12), key="long"),
        await make(ingest, await ingest.upload((1,)), key="short"),
    ]
    await ingest.storage.put(f"uploads/{damaged}/segments/000000", b"damaged")
    with pytest.raises(SegmentDamaged):
        await publish(ingest)
    order = [part.list_id for part in await ingest.said(RecipientsPublished)]
    assert sorted(order) == sorted([lists[1].id] * 3 + [lists[2].id])
    assert order[-1] == lists[1].id


async def test_an_upload_stays_while_a_list_of_it_is_being_published(ingest: Ingest) -> None:
    """And may go after, also by itself. Red when the rest of a list is lost with its rows."""
    upload_id = await ingest.upload((1,))
    await make(ingest, upload_id)
    with pytest.raises(Conflict) as raised:
        await delete(ingest, upload_id)
    assert raised.value.code == "upload_in_use"
    await ingest.execute("UPDATE ingest.uploads SET created_at = now() - interval '90 days'")
    assert await sweep(ingest) == 0
    assert len(await publish(ingest)) == 1
    assert await sweep(ingest) == 1
    assert len(await publish(ingest)) == 1


async def delete(ingest: Ingest, upload_id: UUID) -> None:
    await delete_upload(upload_id, workspace_id=ingest.workspace_id, open_uow=ingest.open_uow, storage=ingest.storage)


async def sweep(ingest: Ingest) -> int:
    return await delete_unused_uploads(unused_days=30, now=utc_now(), open_uow=ingest.open_uow, storage=ingest.storage)


async def test_whoever_keeps_the_rows_of_a_deleted_job_hears_of_it(ingest: Ingest) -> None:
    """Once, and only of lists that were published. Red when a deleted list lives on where mail is sent."""
    job_id = await ingest.queued((1,))
    await ingest.deliver(answer(job_id, 0, [1]))
    await ingest.merge(job_id)
    unpublished = await ingest.processing((1,))
    await ingest.execute("UPDATE ingest.jobs SET state = 'failed' WHERE id = :id", id=unpublished)
    for each in (job_id, job_id, unpublished):
        async with ingest.open_uow() as uow:
            await delete_job(uow, each, workspace_id=ingest.workspace_id, now=utc_now())
    assert [event.list_id for event in await ingest.said(ListDeleted)] == [job_id]


async def test_the_route_makes_one_list_a_key(service: RunningIngest, us: Ingest) -> None:
    """Red when the route wants no key, or a second click makes another list."""
    path = f"/v1/uploads/{await us.upload((3, 2))}/list"
    refused = await service.client.post(path, headers=headers(us.workspace_id), json={})
    assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_key_required")
    keyed = {**headers(us.workspace_id), "Idempotency-Key": "one"}
    made = await service.client.post(path, headers=keyed, json={"name": "Mine"})
    assert made.status_code == 201, made.text
    shown = made.json()
    assert (shown["name"], shown["rows"], shown["parts"]) == ("Mine", 5, 1)

    await publish(us)
    again = await service.client.post(path, headers=keyed, json={"name": "Mine"})
    assert (again.json()["id"], again.json()["parts_published"]) == (shown["id"], 1)
    assert str(shown["id"]) in {str(part.list_id) for part in await us.said(RecipientsPublished)}
