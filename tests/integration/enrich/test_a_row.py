"""What a row comes to when everything works, and that it depends on what the sheet and the pages say."""

from __future__ import annotations

from typing import Any

import pytest

from libs.common.contracts.enrich import ChunkEnriched
from libs.common.contracts.research import Receipt, Research
from libs.common.ids import new_id
from services.enrich.domain.texts import normalised
from tests.integration.enrich.bench import INGRID, Bench


async def enriched(bench: Bench, *rows: dict[str, str], max_words: int = 40) -> list[dict[str, Any]]:
    """Each call is a job of its own, which knows nothing of the companies of those before."""
    bench.job_id = new_id()
    await bench.forget_companies()
    await bench.deliver(bench.chunk(list(rows), max_words=max_words))
    return list((await bench.said(ChunkEnriched))[-1]["results"])


def statements(row: dict[str, Any]) -> list[dict[str, Any]]:
    research = row["research"]
    return [*research["person"], *research["company"], *research["signals"]]


async def test_a_row_gets_cited_research_a_line_and_a_receipt(bench: Bench) -> None:
    """Red when a statement is not cited, or a call is missing from the receipt."""
    (row,) = await enriched(bench, INGRID)
    assert (row["status"], row["reason"]) == ("enriched", None)
    assert row["line"].startswith("Ingrid, ")
    assert row["research"]["person"]
    assert row["research"]["company"]
    assert row["research"]["signals"]
    assert row["research"]["sandboxed"]
    known = {source["id"] for source in row["research"]["sources"]}
    assert {one for statement in statements(row) for one in statement["source_ids"]} == known
    receipt = row["receipt"]
    assert receipt["provider_calls"] == {"serper": 3, "firecrawl": 4, "groq": 3}
    assert receipt["models"] == ["openai/gpt-oss-20b"]
    assert receipt["cost_microusd"] > 3000
    assert receipt["sandboxed"]
    assert receipt["attempts"] == 1


async def test_every_kind_of_result_is_what_the_contract_says(bench: Bench) -> None:
    """What is stored is published as it is: nobody else checks its form before ingest does. Red when a field is missing."""
    await bench.deliver(bench.chunk([INGRID, {}]))
    bench.world.turn(groq={"fail_rate": 1, "fail_status": 500})
    other = bench.chunk([INGRID], hash="spec-2")
    await bench.deliver(other, floor=bench.with_limits(row_budget_s=0.01))
    answers = await bench.said(ChunkEnriched)
    answer = {**answers[0], "results": [row for said in answers for row in said["results"]]}
    read = ChunkEnriched.model_validate(answer)
    assert {row.status for row in read.results} == {"enriched", "degraded", "skipped"}
    for told, row in zip(answer["results"], read.results, strict=True):
        assert set(told) == set(type(row).model_fields)
        assert set(told["receipt"]) == set(Receipt.model_fields)
        assert told["research"] is None or set(told["research"]) == set(Research.model_fields)


async def test_the_website_is_read_and_cited(bench: Bench) -> None:
    """Red when the home page is not read, or what is cited of it is not on it."""
    (row,) = await enriched(bench, INGRID)
    sites = {source["id"]: source["url"] for source in row["research"]["sources"] if source["kind"] == "website"}
    assert "https://haldenlube.example/" in sites.values()
    for at, url in sites.items():
        page = normalised(bench.world.box.world.page(url).markdown)
        cited = [one for one in statements(row) if one["source_ids"] == [at]]
        assert all(normalised(one["snippet"]) in page for one in cited)


async def test_a_changed_cell_changes_the_research_and_its_snippets(bench: Bench) -> None:
    """Red when an answer does not depend on the row that was asked about."""
    (before,) = await enriched(bench, {**INGRID, "Company": "Quarry Nine", "Website": "", "City": "Porto"})
    (after,) = await enriched(bench, {**INGRID, "Company": "Quarry Nine", "Website": "", "City": "Turin"})
    said_before, said_after = ({one["snippet"] for one in statements(row)} for row in (before, after))
    assert any("Porto" in snippet for snippet in said_before)
    assert any("Turin" in snippet for snippet in said_after)
    assert not any("Porto" in snippet for snippet in said_after)


async def test_a_changed_sentence_of_a_page_changes_the_cited_snippet(bench: Bench) -> None:
    """Red when what is cited does not come from the page as it is now."""
    sentence = "Halden Lubricants launched a refill van for harbours in Moss."
    (before,) = await enriched(bench, INGRID)
    bench.world.box.world.put_page("haldenlube.example", "home", sentence)
    (after,) = await enriched(bench, INGRID)
    assert sentence not in [one["snippet"] for one in statements(before)]
    assert sentence in [one["snippet"] for one in statements(after)]


async def test_a_row_without_anything_to_look_for_is_skipped_and_costs_nothing(bench: Bench) -> None:
    """Red when somebody is searched for by a name alone."""
    (row,) = await enriched(bench, {"First": "Ingrid", "Last": "Solheim"})
    assert row["status"] == "skipped"
    assert "nobody can tell who is meant" in row["reason"]
    assert (row["line"], row["research"]) == (None, None)
    assert row["receipt"]["provider_calls"] == {}
    assert not bench.world.box.calls.counts


async def test_what_the_model_misquotes_does_not_reach_the_research(bench: Bench) -> None:
    """Red when a snippet is kept that its source does not contain."""
    (honest,) = await enriched(bench, INGRID)
    bench.world.turn(groq={"misquote": 1})
    (row,) = await enriched(bench, INGRID)
    assert "reportedly" not in str([one["snippet"] for one in statements(row)])
    assert len(statements(row)) < len(statements(honest))
    assert row["research"]["confidence"] < honest["research"]["confidence"]


@pytest.mark.parametrize("lie", ["invent_facts", "mix_namesakes"])
async def test_a_line_that_lies_twice_is_replaced_by_the_plain_one_and_free(bench: Bench, lie: str) -> None:
    """Red when a line with an invented claim goes out, or is tried for ever."""
    bench.world.turn(groq={lie: 1})
    (row,) = await enriched(bench, {**INGRID, "Company": "Halden Lubricants"})
    assert row["status"] == "degraded"
    assert row["line"] == "Ingrid, I came across Halden Lubricants and would like to hear what you are working on."
    assert row["reason"].startswith("No line passed the checks: ")
    assert row["receipt"]["provider_calls"]["groq"] == 4


async def test_a_line_that_is_too_long_is_refused_with_the_reason(bench: Bench) -> None:
    """Red when the length is only asked for, and not checked."""
    (row,) = await enriched(bench, INGRID, max_words=5)
    assert row["status"] in {"enriched", "degraded"}
    if row["status"] == "enriched":
        assert len(row["line"].split()) <= 5
    else:
        assert "No line passed" in row["reason"]
