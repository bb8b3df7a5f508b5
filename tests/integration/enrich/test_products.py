"""The product of a row: by the catalogue its list began with, by rule or from what was found, and what it does to the line."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from libs.common.contracts.enrich import ChunkEnriched
from libs.common.contracts.research import ProductChoice
from libs.common.ids import new_id
from services.enrich.domain.products.catalogue import Catalogue, Condition, Product, Rule
from services.enrich.domain.products.catalogue_edits import replace_all
from services.enrich.in_flight.catalogue_shelf import CatalogueShelf
from services.enrich.use_cases.change_catalogue import Asked, change_catalogue
from tests.integration.enrich.bench import INGRID, OTHER_TENANT, TENANT, Bench

ESTERS = Product("esters", "Fjordester", "esters for marine oils", offer_when="marine gear oils for fishing fleets")
DRUMS = Product("drums", "Steel drums", "drums that come back", offer_when="steel drums")
NORWAY = Rule("norway", "Norwegians", "esters", (Condition("country", "is_any", ("Norway",)),))
NOBODY = Rule("nobody", "Nobody", "drums", (Condition("country", "is_any", ("Atlantis",)),))


async def sells(bench: Bench, *rules: Rule, products: tuple[Product, ...] = (ESTERS, DRUMS), to: UUID = TENANT) -> int:
    """The workspace's catalogue from now on; answers its version."""
    wanted = Catalogue(products, rules)
    async with bench.open_uow() as uow:
        saved = await change_catalogue(
            lambda present: replace_all(present, wanted, change="Test"), Asked(to, new_id()), uow=uow
        )
    assert saved is not None
    return saved.about.version


async def worked(bench: Bench, *rows: dict[str, str], tenant: UUID = TENANT, **more: Any) -> list[dict[str, Any]]:
    """The results of a chunk of a list of its own, or of the retry of another."""
    family_id = more.pop("family_id", None)
    bench.job_id = new_id()
    chunk = bench.chunk(list(rows), **more).model_copy(update={"family_id": family_id})
    await bench.deliver(chunk, tenant=tenant)
    return list((await bench.said(ChunkEnriched))[-1]["results"])


async def test_a_rule_chooses_and_the_pitch_is_what_the_line_offers(bench: Bench) -> None:
    """Red when the choice is not in the answer, or the line offers something else."""
    await sells(bench, NORWAY)
    (row,) = await worked(bench, INGRID)
    choice = ProductChoice.model_validate(row["product"])
    assert choice == ProductChoice(
        product="esters",
        name="Fjordester",
        pitch="esters for marine oils",
        chosen_by="rule",
        rule="Norwegians",
        why="Rule 1 ‘Norwegians’: country is ‘Norway’",
        catalogue_version=1,
    )


async def test_where_no_rule_holds_the_product_is_inferred_from_the_sources(bench: Bench) -> None:
    """With the words it rests on and their source. Red when nothing is inferred, or from words that stand nowhere."""
    await sells(bench, NOBODY)
    (row,) = await worked(bench, INGRID)
    choice = ProductChoice.model_validate(row["product"])
    assert (choice.product, choice.chosen_by, choice.rule) == ("esters", "inference", None)
    assert choice.snippet
    assert choice.snippet in choice.why
    assert set(choice.source_ids) <= {source["id"] for source in row["research"]["sources"]}
    assert choice.source_ids


async def test_without_a_catalogue_nothing_is_offered_and_nothing_is_asked(bench: Bench) -> None:
    """Red when a workspace without products pays for a question about them."""
    (row,) = await worked(bench, INGRID)
    assert row["product"] is None


async def test_a_list_is_chosen_by_the_version_it_began_with_and_so_is_its_retry(bench: Bench) -> None:
    """Also in another process. Red when rows of one list are chosen by two versions."""
    first = await sells(bench, NORWAY)
    await worked(bench, INGRID)
    family = bench.job_id
    second = await sells(bench, replace(NORWAY, product="drums"))
    retried = await worked(bench, INGRID, family_id=family)
    other = replace(bench.floor, catalogues=CatalogueShelf(bench.open_uow))
    bench.job_id = new_id()
    chunk = bench.chunk([INGRID]).model_copy(update={"family_id": family})
    await bench.deliver(chunk, floor=other)
    elsewhere = (await bench.said(ChunkEnriched))[-1]["results"]
    fresh = await worked(bench, INGRID)
    versions = [rows[0]["product"]["catalogue_version"] for rows in (retried, elsewhere, fresh)]
    assert versions == [first, first, second]
    assert [rows[0]["product"]["product"] for rows in (retried, elsewhere, fresh)] == ["esters", "esters", "drums"]


async def test_a_list_that_began_without_a_catalogue_ends_without_one(bench: Bench) -> None:
    """Red when the first half of a sheet has no products and the second has."""
    await worked(bench, INGRID)
    family = bench.job_id
    await sells(bench, NORWAY)
    (row,) = await worked(bench, INGRID, family_id=family)
    assert row["product"] is None


async def test_replicas_that_begin_a_list_at_once_agree_on_its_version(bench: Bench) -> None:
    """While the catalogue is being changed. Red when two pins are believed."""
    await sells(bench, NORWAY)
    family = new_id()
    shelves = [CatalogueShelf(bench.open_uow) for _ in range(6)]
    asked = [shelf.products_for(family, workspace_id=TENANT) for shelf in shelves]
    changes = [sells(bench, replace(NORWAY, pitch=f"pitch {nth}")) for nth in range(3)]
    found = await asyncio.gather(*asked, *changes)
    versions = {products.version for products in found if not isinstance(products, int)}
    assert len(versions) == 1


async def test_one_workspace_is_not_offered_what_another_sells(bench: Bench) -> None:
    """Red when a catalogue is found by anything but its workspace."""
    await sells(bench, NORWAY, to=OTHER_TENANT)
    (ours,) = await worked(bench, INGRID)
    (theirs,) = await worked(bench, INGRID, tenant=OTHER_TENANT)
    assert ours["product"] is None
    assert theirs["product"]["product"] == "esters"


async def test_a_degraded_row_is_offered_what_its_cells_say_and_a_skipped_one_nothing(bench: Bench) -> None:
    """Red when a template that names the product cannot be sent to a degraded row."""
    await sells(bench, NORWAY)
    bench.world.turn(groq={"fail_rate": 1, "fail_status": 500})
    bench.job_id = new_id()
    chunk = bench.chunk([INGRID, {"Country": "Norway"}])
    await bench.deliver(chunk, floor=bench.with_limits(row_budget_s=0.01))
    degraded, skipped = (await bench.said(ChunkEnriched))[-1]["results"]
    assert (degraded["status"], degraded["product"]["product"]) == ("degraded", "esters")
    assert (skipped["status"], skipped["product"]) == ("skipped", None)


@pytest.mark.parametrize("again", [False, True])
async def test_a_chunk_delivered_twice_is_offered_the_same(bench: Bench, again: bool) -> None:
    """Also with the inbox emptied and the catalogue changed in between. Red when the second answer is another."""
    await sells(bench, NORWAY)
    bench.job_id = new_id()
    chunk = bench.chunk([INGRID])
    await bench.deliver(chunk)
    if again:
        await sells(bench, replace(NORWAY, product="drums"))
    await bench.empty_inbox()
    await bench.deliver(chunk)
    first, second = [row["product"] for row in await bench.rows_said(ChunkEnriched)]
    assert first == second
