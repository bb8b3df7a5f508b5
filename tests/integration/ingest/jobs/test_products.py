"""The product of a row on its way: stored with the result, shown, in the sheet where there is any, and told to the sender."""

from __future__ import annotations

import csv
import io
from typing import Any
from uuid import UUID

from libs.common.clock import utc_now
from libs.common.contracts.billing import HoldPlaced
from libs.common.contracts.ingest import RecipientsPublished
from libs.common.contracts.research import ProductChoice, Research, RowResult, Source, Statement
from services.ingest.domain.storage_keys import export_key
from services.ingest.repositories import jobs
from services.ingest.use_cases.plan_sheet import plan_sheet
from tests.integration.ingest.jobs.steps import Ingest, answer, result
from tests.support.ingest import RunningIngest, headers

GEAR = ProductChoice(
    product="gear",
    name="Gear additives",
    pitch="packages for gear oils",
    chosen_by="rule",
    rule="Lubricant makers",
    why="Rule 1 ‘Lubricant makers’: industry is ‘lubricants’",
    catalogue_version=3,
)


def offered(row_no: int, product: ProductChoice | None, **more: Any) -> RowResult:
    return result(row_no, **more).model_copy(update={"product": product})


async def some_offered(ingest: Ingest) -> UUID:
    """Rows 1 and 3 are offered something, row 2 nothing."""
    job_id = await ingest.queued((3,))
    rows = [offered(1, GEAR), offered(2, None), offered(3, GEAR.model_copy(update={"name": ""}), status="degraded")]
    await ingest.deliver(answer(job_id, 0, rows))
    return job_id


async def sheet_of(ingest: Ingest, job_id: UUID) -> list[dict[str, str]]:
    text = (await ingest.storage.get(export_key(job_id, "csv"))).decode()
    return list(csv.DictReader(io.StringIO(text)))


async def test_the_sheet_has_a_column_for_products_when_a_row_was_offered_one(ingest: Ingest) -> None:
    """Beside the line, blank where there is none. Red when it is missing, shifted, or shows the id of a named product."""
    job_id = await some_offered(ingest)
    await ingest.merge(job_id)
    rows = await sheet_of(ingest, job_id)
    names = list(rows[0])
    assert names[names.index("sif_personalized") :] == ["sif_personalized", "sif_product"]
    assert [row["sif_product"] for row in rows] == ["Gear additives", "", "gear"]
    assert [row["sif_personalized"] for row in rows] == ["Hello"] * 3


async def test_a_sheet_without_products_has_no_column_for_them(ingest: Ingest) -> None:
    """Red when a workspace without a catalogue gets an empty column."""
    job_id = await ingest.queued((2,))
    await ingest.deliver(answer(job_id, 0, [1, 2]))
    await ingest.merge(job_id)
    assert "sif_product" not in (await sheet_of(ingest, job_id))[0]


async def test_a_flat_sheet_also_says_in_which_words_and_why(ingest: Ingest) -> None:
    """Red when somebody who filters by hand cannot see why a product was chosen."""
    job_id = await some_offered(ingest)
    async with ingest.open_uow() as uow:
        job = await jobs.load(uow.conn, job_id, workspace_id=ingest.workspace_id)
        plan = (await plan_sheet(uow, job, made_at=utc_now(), flat=True)).plan
    assert plan.added == ["sif_product", "sif_pitch", "sif_product_why"]


async def test_recipients_are_told_what_to_offer(ingest: Ingest) -> None:
    """Red when a template cannot use product and pitch."""
    job_id = await some_offered(ingest)
    await ingest.merge(job_id)
    await ingest.publish_list(job_id)
    (part,) = await ingest.said(RecipientsPublished)
    assert [(person.product, person.pitch) for person in part.recipients] == [
        ("Gear additives", "packages for gear oils"),
        ("", ""),
        ("gear", "packages for gear oils"),
    ]


async def test_an_answer_heard_twice_keeps_the_first_product(ingest: Ingest) -> None:
    """Also with the inbox emptied. Red when a later answer changes what a row was offered."""
    job_id = await some_offered(ingest)
    before = await ingest.result_rows(job_id)
    await ingest.forget_inbox()
    await ingest.deliver(answer(job_id, 0, [offered(1, None), offered(2, GEAR), offered(3, None, status="degraded")]))
    assert await ingest.result_rows(job_id) == before


async def test_a_chunk_says_which_list_its_rows_belong_to(ingest: Ingest) -> None:
    """So that a retry is chosen by the list's catalogue. Red when a retry's chunk names the retry."""
    job_id = await some_offered(ingest)
    await ingest.merge(job_id)
    child = await ingest.retry(job_id)
    await ingest.deliver(HoldPlaced(job_id=child.id, credits=child.credits_needed))
    await ingest.announce(rows=10_000)
    await ingest.dispatch()
    sent = {chunk.job_id: chunk.family_id for chunk in ingest.broker.chunks}
    assert sent[child.id] == job_id
    assert sent.get(job_id, job_id) == job_id


async def test_the_rows_of_the_api_show_product_and_sources(service: RunningIngest, us: Ingest) -> None:
    """Red when the page cannot say what is offered and what the choice rests on."""
    job_id = await us.processing((2,))
    await us.execute("UPDATE ingest.chunks SET state = 'queued', dispatch_no = 1 WHERE job_id = :id", id=job_id)
    source = Source(id="s1", url="https://acme.example/", title="Acme", kind="website")
    found = Statement(id="c1", text="Acme ships drums.", source_ids=["s1"], snippet="ships in steel drums")
    research = Research(as_of=utc_now(), company=[found], sources=[source])
    inferred = GEAR.model_copy(
        update={"chosen_by": "inference", "rule": None, "source_ids": ["s1"], "snippet": "ships in steel drums"}
    )
    first = offered(1, inferred).model_copy(update={"research": research})
    await us.deliver(answer(job_id, 0, [first, offered(2, None)]))
    asked = await service.client.get(f"/v1/jobs/{job_id}/rows", headers=headers(us.workspace_id))
    one, two = asked.json()["items"]
    assert two["product"] is None
    assert one["product"] == {
        "product": "gear",
        "name": "Gear additives",
        "pitch": "packages for gear oils",
        "chosen_by": "inference",
        "rule": None,
        "why": GEAR.why,
        "snippet": "ships in steel drums",
        "sources": [{"id": "s1", "url": "https://acme.example/", "title": "Acme", "kind": "website"}],
        "catalogue_version": 3,
    }
