"""The stand-in model asked about a company, about a person, and questions in plain words besides."""

from __future__ import annotations

from typing import Any

import jsonschema
import orjson
import pytest

from deploy.sandbox.dials import Dials
from deploy.sandbox.llm.answer import compose
from deploy.sandbox.llm.strict import schema_fault
from services.enrich import prompts
from services.enrich.domain.columns import Column, ColumnKind, check_answers
from services.enrich.domain.evidence import texts_of
from services.enrich.domain.sources import Source
from services.enrich.use_cases.research_company import question

TEXT = (
    "Halden Lubricants supplies hydraulic oil and greases to shipyards. Halden Lubricants was founded in 1974."
    " Halden Lubricants is based in Fredrikstad, and has 240 employees. Halden Lubricants is hiring a planner."
    " Ingrid Solheim, Head of Sales at Halden Lubricants, joined in 2019. Ingrid Solheim spoke about oil at a trade day."
)
SOURCE = Source("s1", "website", "https://haldenlube.example/", "Halden", TEXT)
ROW = {"company": "Halden Lubricants", "website": "haldenlube.example"}


def ask(task: str, row: dict[str, str], prompt: prompts.Prompt, **more: object) -> dict[str, Any]:
    payload = {"task": task, "row": row, "sources": [{"id": "s1", "url": SOURCE.url, "text": TEXT}], **more}
    messages = [{"role": "user", "content": orjson.dumps(payload).decode()}]
    form = {"type": "json_schema", "json_schema": {"name": task, "strict": True, "schema": prompt.schema}}
    assert schema_fault(prompt.schema, name=task) == ""
    answer = orjson.loads(compose(messages, form, dials=Dials(), nth=0)[0])
    jsonschema.validate(answer, prompt.schema)
    return answer


def test_asked_about_a_company_it_says_nothing_of_people_and_what_each_sentence_tells() -> None:
    answer = ask("company", ROW, prompts.COMPANY)
    assert "Solheim" not in orjson.dumps(answer).decode()
    assert {one["aspect"] for one in answer["company"]} >= {"sells", "size"}
    assert [one["snippet"] for one in answer["signals"]] == ["Halden Lubricants is hiring a planner."]


def test_asked_about_a_person_it_says_what_names_them() -> None:
    answer = ask("person", {**ROW, "full_name": "Ingrid Solheim"}, prompts.PERSON)
    assert [one["aspect"] for one in answer["person"]] == ["background", "recent"]
    assert answer["signals"] == []


@pytest.mark.parametrize(
    ("name", "description", "kind", "value"),
    [
        ("Staff", "Number of employees", "number", 240),
        ("What they sell", "", "text", "Halden Lubricants supplies hydraulic oil and greases to shipyards."),
        ("Products", "What the company sells", "list", ["hydraulic oil", "greases"]),
        ("Hiring", "Are they hiring?", "boolean", True),
        ("Founded", "Year of foundation", "date", "1974"),
        ("Favourite colour", "The colour the founder likes best", "text", None),
    ],
)
def test_a_question_in_plain_words_is_answered_from_the_sources_or_not_at_all(
    name: str, description: str, kind: ColumnKind, value: object
) -> None:
    """Red when an answer has no evidence that the checks would find."""
    column = Column("x1", name, description, kind)
    answer = ask("company", ROW, question(prompts.COMPANY, (column,)), columns=[column.for_model()])
    found = check_answers(answer, [column], texts_of([SOURCE]))
    assert (found[name].value if found else None) == value


def test_of_the_products_the_one_whose_words_a_page_uses_is_named() -> None:
    products = [
        {"id": "soap", "name": "Soap", "description": "For washing hands", "offer_when": "hotels"},
        {
            "id": "additive",
            "name": "Additive",
            "description": "Makes hydraulic oil and greases last",
            "offer_when": "oil",
        },
    ]
    prompt = question(prompts.COMPANY, (), with_product=True)
    answer = ask("company", ROW, prompt, products=products)
    assert answer["product"]["id"] == "additive"
    assert answer["product"]["snippet"] in TEXT
    assert ask("company", ROW, prompt, products=products[:1])["product"]["id"] is None
