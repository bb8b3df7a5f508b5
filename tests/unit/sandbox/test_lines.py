"""The stand-in writes lines as they are asked for, and the checks of enrich find nothing wrong with them."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from deploy.sandbox.llm.line import write_line
from deploy.sandbox.llm.prompt import read_prompt
from libs.common.contracts.lines import TONES
from services.enrich.domain.lead import read_lead
from services.enrich.domain.lines.line import Draft, Rules, check_line
from services.enrich.domain.lines.wording import WORDINGS
from services.enrich.domain.research import Statement

STATEMENT = Statement("g1", "signals", "Nordlys Marine opened a dock in Ålesund.", ("s1",), "opened a dock in Ålesund")
LEAD = read_lead(1, {"c": "Nordlys Marine", "f": "Henrik"}, {"company": "c", "first_name": "f"})


def line(**asked: Any) -> Draft:
    told = {
        "task": "line",
        "row": LEAD.for_model(),
        "statements": [STATEMENT.as_json()],
        "offer": "Drum Watch",
        **asked,
    }
    prompt = read_prompt([{"role": "user", "content": orjson.dumps(told).decode()}])
    assert prompt is not None
    made = write_line(prompt)
    return Draft(made.text, tuple(made.statement_ids))


@pytest.mark.parametrize("language", WORDINGS)
@pytest.mark.parametrize("tone", TONES)
def test_its_lines_pass_every_check_in_every_language_and_tone(language: str, tone: str) -> None:
    """Red when the stand-in writes in another language, or a check refuses an honest line."""
    draft = line(language=language, tone=f"{tone}: x", max_words=30)
    assert check_line(draft, LEAD, [STATEMENT], Rules(30, language, offer="Drum Watch")) == []


def test_tones_differ_in_english() -> None:
    """Red when a tone makes no difference."""
    assert len({line(language="en", tone=f"{tone}: x").text for tone in TONES}) == len(TONES)


@pytest.mark.parametrize("word", ["read", "noticed", "saw", "Drum Watch"])
def test_it_avoids_what_is_forbidden(word: str) -> None:
    """Red when a forbidden word stands in a line that could have done without."""
    draft = line(language="en", forbidden_words=[word], max_words=30)
    assert check_line(draft, LEAD, [STATEMENT], Rules(30, "en", offer="Drum Watch", forbidden=(word,))) == []
