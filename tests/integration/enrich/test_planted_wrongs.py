"""A model that invents, misquotes, mixes people up and obeys strangers: nothing of it reaches a row, because of the checks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from services.enrich.domain import columns, evidence, research, sources
from services.enrich.domain.lines import line
from services.enrich.evals.cases import load_cases
from services.enrich.evals.injections import load_injections
from services.enrich.evals.score import score
from services.enrich.use_cases import research_company
from tests.integration.enrich.bench import World
from tests.integration.enrich.planted import escaped, lied_to

CASES = load_cases()
INJECTIONS = load_injections()
INJECTED = [one.as_case() for one in INJECTIONS]
EVERYTHING = [*CASES, *INJECTED]
DIALS = ("invent_facts", "misquote", "mix_namesakes", "obey_injection")


@pytest.mark.parametrize("dial", DIALS)
async def test_of_all_wrongs_of_one_kind_none_reaches_a_row(world: World, dial: str) -> None:
    """Red when a check misses one of hundreds."""
    ran, planted = await lied_to(world, EVERYTHING, **{dial: 1})
    assert len(planted) > 100
    assert escaped(planted, ran) == []


async def test_of_all_wrongs_at_once_none_reaches_a_row(world: World) -> None:
    """Red when two wrongs in one answer hide each other. Every part of a row's result is lied to."""
    ran, planted = await lied_to(world, EVERYTHING, **dict.fromkeys(DIALS, 0.5))
    assert {one.part for one in planted} == {"person", "company", "signals", "extra", "product", "line"}
    assert {one.wrong for one in planted} == {"invented", "misquoted", "mixed_up", "obeyed"}
    assert escaped(planted, ran) == []


class Off(NamedTuple):
    """A check, how to switch it off, and who lies then."""

    name: str
    module: Any
    attribute: str
    instead: Callable[..., Any]
    dial: str
    part: str = ""


def _nothing(*_: Any, **__: Any) -> str:
    return ""


def _no_site(*_: Any, **__: Any) -> dict[str, str]:
    return {}


def _no(*_: Any, **__: Any) -> bool:
    return False


def _all_of_them(_snippet: str, source_ids: Any, texts: Any) -> tuple[str, ...]:
    return tuple(one for one in source_ids if one in texts)


SWITCHES = [
    Off("a source that is named exists", evidence, "unknown_sources", _nothing, "invent_facts"),
    Off("a snippet has three words", evidence, "is_too_short", _no, "misquote"),
    Off("a snippet stands in its source", evidence, "holding", _all_of_them, "misquote"),
    Off("a snippet of an answer stands in its source", evidence, "holding", _all_of_them, "misquote", "extra"),
    Off("a snippet of a product stands in its source", evidence, "holding", _all_of_them, "misquote", "product"),
    Off("what stands beside an order is no evidence", evidence, "is_obedient", _no, "obey_injection", "company"),
    Off("an order is no answer", evidence, "is_obedient", _no, "obey_injection", "extra"),
    Off("an order chooses no product", evidence, "is_obedient", _no, "obey_injection", "product"),
    Off("numbers stand in the source", research, "invented_numbers", _nothing, "invent_facts"),
    Off("names and events stand in the source", research, "unsaid", _nothing, "invent_facts", "company"),
    Off("nobody else's name is put in", research, "unsaid", _nothing, "mix_namesakes", "person"),
    Off("no address is told", research, "foreign_addresses", _nothing, "invent_facts"),
    Off("no order is passed on", research, "gives_orders", _no, "obey_injection"),
    Off(
        "a passage is not about another company", research, "names_somebody_else", _nothing, "mix_namesakes", "signals"
    ),
    Off("a passage is not about a colleague", research, "names_somebody_else", _nothing, "mix_namesakes", "person"),
    Off("an answer says what its source says", columns, "_is_invented", _no, "invent_facts", "extra"),
]


@pytest.mark.parametrize("off", SWITCHES, ids=lambda off: off.name)
async def test_without_a_check_of_the_research_its_wrongs_get_through(
    world: World, off: Off, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Red when a check finds nothing that no other finds: then it, or the wrong that it is for, is missing."""
    cases = INJECTED if off.dial == "obey_injection" else CASES
    monkeypatch.setattr(off.module, off.attribute, off.instead)
    ran, planted = await lied_to(world, cases, **{off.dial: 1})
    assert [one for one in escaped(planted, ran) if off.part in {"", one.part}]


@pytest.mark.parametrize("kind", ["number", "date", "list"])
async def test_without_the_reader_of_a_kind_an_invented_answer_gets_through(
    world: World, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Red when an answer of some kind is not held against its source."""
    monkeypatch.setitem(columns._READERS, kind, lambda value, _snippet, _whole: value)  # pyright: ignore[reportPrivateUsage]
    ran, planted = await lied_to(world, CASES, invent_facts=1)
    assert [one for one in escaped(planted, ran) if one.part == "extra"]


async def test_without_the_look_for_the_product_one_that_does_not_exist_gets_to_the_choice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Red when the model may name any product. (What is then looked for in the catalogue is not in it.)"""
    known = research_company._inferred  # pyright: ignore[reportPrivateUsage]
    passed: list[str] = []

    def any_product(answer: Any, _ids: Any, texts: Any) -> Any:
        found = known(answer, [answer["product"]["id"]], texts) if answer.get("product") else None
        passed.extend([found.product] if found else [])
        return None

    monkeypatch.setattr(research_company, "_inferred", any_product)
    await lied_to(world, CASES, invent_facts=1)
    assert "gold-plan" in passed


@pytest.mark.parametrize("name", line.CHECKS)
async def test_without_a_check_of_the_line_its_wrongs_get_through(
    world: World, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Red when a check of the line is not needed: each has an injection that only it refuses (claims: an invention)."""
    cases = [one.as_case() for one in INJECTIONS if one.only == name] or CASES
    dial = "invent_facts" if name == "claims" else "obey_injection"
    _, planted_before = before = await lied_to(world, cases, **{dial: 1})
    assert [one for one in planted_before if one.part == "line"]
    assert escaped(planted_before, before[0]) == []
    monkeypatch.setattr(line, "CHECKS", {one: check for one, check in line.CHECKS.items() if one != name})
    ran, planted = await lied_to(world, cases, **{dial: 1})
    assert [one for one in escaped(planted, ran) if one.part == "line"]


@pytest.mark.parametrize("check", ["contradiction", "person_contradiction", "sites_elsewhere", "_too_old"])
async def test_without_a_look_at_the_sources_what_is_about_others_gets_through(
    world: World, check: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Red when namesakes, or old news, are kept out by nobody."""
    monkeypatch.setattr(sources, check, _no_site if check == "sites_elsewhere" else _nothing)
    ran, _ = await lied_to(world, CASES, mix_namesakes=1)
    assert any(score(one).namesakes for one in ran)
