"""The parts of a sheet: flat columns, extra columns, what looks like a formula, the summary, and which results it is of."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from libs.common.contracts.research import ModelUse, Receipt
from libs.common.formulas import is_formula_like
from services.ingest.domain.exports import standing_of
from services.ingest.domain.extra_cells import extra_cell
from services.ingest.domain.flat_research import FLAT_COLUMNS, flat_cells
from services.ingest.domain.jobs import Job, JobKind, JobState
from services.ingest.domain.sheet_summary import SheetFacts, SheetTally, summary_rows
from services.ingest.domain.source_tally import MAX_SOURCES, SourceTally, host_of
from services.ingest.domain.usage import usage_of
from services.ingest.export.xlsx_cells import is_plain, without_markup

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
FACTS = SheetFacts(
    filename="leads.csv",
    job_id=UUID(int=7),
    made_at=NOW,
    is_partial=False,
    credits_held=10,
    credits_charged=8,
    credits_per_row=1,
    price_version=3,
    sandboxed=False,
)


def test_research_stands_in_readable_columns() -> None:
    """Red when a column holds another's content, or JSON."""
    research: dict[str, Any] = {
        "person": [{"text": "Runs procurement"}],
        "company": [{"text": "Sells pumps"}, {"text": "Has 12 sites"}],
        "signals": [],
        "sources": [{"url": "https://a.example"}, {"url": "https://b.example/x"}],
        "confidence": 0.75,
        "as_of": "2026-11-27T13:00:00+01:00",
    }
    found = dict(zip(FLAT_COLUMNS, flat_cells(status="enriched", reason=None, research=research), strict=True))
    assert found == {
        "sif_status": "enriched",
        "sif_reason": None,
        "sif_person": "Runs procurement",
        "sif_company": "Sells pumps | Has 12 sites",
        "sif_signals": None,
        "sif_confidence": 0.75,
        "sif_sources": "https://a.example | https://b.example/x",
        "sif_as_of": datetime(2026, 11, 27, 12),  # noqa: DTZ001 - sheets know no zones
    }


def test_a_row_without_research_has_its_status_and_blanks() -> None:
    cells = flat_cells(status="failed", reason="gave up", research=None)
    assert cells == ["failed", "gave up", *[None] * (len(FLAT_COLUMNS) - 2)]


@pytest.mark.parametrize(
    ("value", "kind", "cell"),
    [
        (None, "text", None),
        ("pumps", "text", "pumps"),
        (12, "number", 12),
        (1.5, "number", 1.5),
        ("about 12", "number", "about 12"),
        (True, "boolean", True),
        (True, "text", "true"),
        ("2019-05-01", "date", date(2019, 5, 1)),
        ("spring 2019", "date", "spring 2019"),
        ("2019-05-01", "text", "2019-05-01"),
        (["a", "b"], "list", "a; b"),
        ([], "list", None),
        (3, "text", "3"),
    ],
)
def test_an_extra_answer_is_a_cell_of_its_kind(value: object, kind: str, cell: object) -> None:
    """Red when a kind is lost, or when an answer that does not fit it is dropped."""
    found = extra_cell({"value": value}, kind=kind)
    assert (type(found), found) == (type(cell), cell)
    assert extra_cell(None, kind=kind) is None


@pytest.mark.parametrize(
    "text",
    [
        "=1",
        "+A1",
        "-A1",
        "@x",
        "\tx",
        "\rx",
        "\nx",
        "＝1",
        "＋A1",
        "－A1",
        "＠x",
        " =1",
        "\u200b=1",
        "\ufeff\xa0@x",
        "\x00=1",
        "-2+a",
    ],
)
def test_what_begins_as_a_formula_is_one(text: str) -> None:
    """OWASP, CSV injection. Red when a hidden beginning, or a full-width one, gets through."""
    assert is_formula_like(text)


@pytest.mark.parametrize("text", ["", "x=1", "-5", "+49 (30) 123-4", "-5%", "−5", " x", "1+1", "'=1", "–"])
def test_numbers_phones_and_plain_text_are_none(text: str) -> None:
    """Red when every phone number gets an apostrophe."""
    assert not is_formula_like(text)


@pytest.mark.parametrize(
    "line",
    [
        '["say \\"hi\\""]',
        '["a\\nb"]',
        '["_x0041_"]',
        '["\uffff"]',
        '["\ufffe"]',
        '[" a"]',
        '["a "]',
        '["' + "x" * 40_000 + '"]',
    ],
)
def test_a_line_with_text_that_needs_a_look_of_its_own_is_not_plain(line: str) -> None:
    """Red when it goes into the workbook as it is: a broken sheet, another text, or blanks that readers drop."""
    assert not is_plain(line)


@pytest.mark.parametrize(
    ("line", "ready"),
    [
        ('["a",1,null]', '["a",1,null]'),
        ('["a & b","<c>"]', '["a &amp; b","&lt;c&gt;"]'),
        ('["first_name","Straße ＝ １"]', '["first_name","Straße ＝ １"]'),
    ],
)
def test_a_plain_line_loses_its_markup_for_xml(line: str, ready: str) -> None:
    assert is_plain(line)
    assert without_markup(line) == ready


def said(facts: SheetFacts, tally: SheetTally) -> dict[object, object]:
    return {row[0]: row[1] for row in summary_rows(facts, tally)}


def test_the_summary_counts_rows_reasons_credits_and_sources() -> None:
    tally = SheetTally()
    for row_no in (3, 14):
        tally.add(status="skipped", reason=f"duplicate of row {row_no}", sandboxed=False)
    tally.add(status="enriched", reason=None, sandboxed=False)
    tally.sources.add(
        [{"url": "https://www.a.example/1", "kind": "news"}, {"url": "https://a.example/2", "kind": "website"}]
    )
    rows = summary_rows(FACTS, tally)
    assert ["Rows skipped, because", 2, "duplicate of row …"] in rows
    assert ["Sources at a.example", 2] in rows
    found = said(FACTS, tally)
    assert (found["Rows"], found["Rows enriched"], found["Rows skipped"], found["Rows failed"]) == (3, 1, 2, 0)
    assert (found["Credits held"], found["Credits charged"], found["Price version"]) == (10, 8, 3)
    assert (found["Different sources"], found["Sources of kind news"]) == (2, 1)
    assert str(found["State"]).startswith("Finished")
    assert str(found["Real or sandboxed"]).startswith("Real")


def test_the_summary_says_when_anything_is_made_up() -> None:
    """P9. Red when one sandboxed row in a real job, or a sandboxed job without such a row, is called real."""
    tally = SheetTally()
    tally.add(status="enriched", reason=None, sandboxed=True)
    assert str(said(FACTS, tally)["Real or sandboxed"]).startswith("Sandboxed")
    assert str(said(replace(FACTS, sandboxed=True), SheetTally())["Real or sandboxed"]).startswith("Sandboxed")


def test_reasons_without_end_do_not_fill_the_summary() -> None:
    """P8. Red when a provider's own words make a line for each row."""
    tally = SheetTally()
    for number in range(1000):
        tally.add(status="failed", reason="x" * number + "!", sandboxed=False)
    assert len(tally.reasons) <= 202
    assert sum(tally.reasons.values()) == 1000


def test_sources_are_told_apart_up_to_a_number() -> None:
    """P8. Red when an address counts twice, or memory grows with the sheet, or the summary hides that it stopped."""
    tally = SourceTally()
    for _ in range(2):
        tally.add({"url": f"https://h{n % 30}.example/{n}", "kind": "search"} for n in range(1000))
    assert (tally.total, tally.is_complete, len(tally.top_hosts)) == (1000, True, 20)
    tally.add({"url": f"https://x.example/{n}", "kind": "search"} for n in range(MAX_SOURCES))
    assert (tally.total, tally.is_complete) == (MAX_SOURCES, False)
    assert host_of("https://[") == "https://["
    assert host_of("acme") == "acme"


def job(number: int, state: JobState, *, version: int = 1, kind: JobKind = JobKind.RETRY) -> Job:
    return Job(
        id=UUID(int=number),
        workspace_id=UUID(int=1),
        upload_id=UUID(int=2),
        filename="leads.csv",
        state=state,
        rows_total=1,
        price_version=1,
        credits_per_row=1,
        credits_needed=1,
        created_at=NOW,
        state_changed_at=NOW + timedelta(seconds=1),
        kind=kind,
        version=version,
    )


def test_a_sheets_standing_names_its_results() -> None:
    """Red when results come in and the standing stays, or when it moves without any."""
    root = job(3, JobState.COMPLETED, kind=JobKind.LIST)
    assert standing_of([root]).merged == root.id
    declined = [root, job(4, JobState.DECLINED)]
    assert standing_of(declined) == standing_of([root])
    running = standing_of([root, job(5, JobState.PROCESSING, version=2)])
    assert running.merged is None
    assert running.text.startswith("partial:")
    assert running != standing_of([root, job(5, JobState.PROCESSING, version=3)])
    cancelled = standing_of([root, job(5, JobState.CANCELLED, version=4)])
    assert (cancelled.merged, cancelled.text.startswith("ended:")) == (None, True)
    assert standing_of([root, job(5, JobState.COMPLETED)]).merged == UUID(int=5)


def test_the_summary_says_what_it_took_and_what_of_that_was_made_up() -> None:
    """Red when a sandboxed cost stands among what was paid, or a list that nobody answered has a block of noughts."""
    told = Receipt(
        provider_calls={"serper": 3},
        provider_costs={"serper": 3000},
        by_model={"m": ModelUse(calls=1, tokens_in=100, tokens_out=20, cost_microusd=250)},
        cost_microusd=3250,
        cache_hits=4,
    )
    sandboxed = told.model_copy(update={"sandboxed": True})
    taken = usage_of([("enriched", told), ("enriched", told), ("failed", sandboxed)], earned=2, sandboxed=True)
    rows = [row for row in summary_rows(replace(FACTS, taken=taken), SheetTally()) if str(row[0]).startswith("Took")]
    assert rows == [
        ["Took: micro-dollars", 6500, "US$ 0.0065, by price list"],
        ["Took: calls to serper", 6, "US$ 0.0060"],
        ["Took: tokens of m", 240, "200 in, 40 out, 2 calls, US$ 0.0005"],
        ["Took: answers that were known already", 8],
        ["Took, sandboxed: micro-dollars", 3250, "US$ 0.0032, had it not been the sandbox"],
        ["Took, sandboxed: calls to serper", 3, "US$ 0.0030"],
        ["Took, sandboxed: tokens of m", 120, "100 in, 20 out, 1 calls, US$ 0.0003"],
        ["Took, sandboxed: answers that were known already", 4],
    ]
    assert not any(str(row[0]).startswith("Took") for row in summary_rows(FACTS, SheetTally()))
