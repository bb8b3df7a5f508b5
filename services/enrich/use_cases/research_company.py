"""The company's part of a row: its sources, one question to the model, and what of the answer a program finds backed."""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from services.enrich import prompts
from services.enrich.domain.columns import Column, answers_form, check_answers
from services.enrich.domain.evidence import About, Texts, backing, texts_of
from services.enrich.domain.found import Found, cited
from services.enrich.domain.lead import Lead
from services.enrich.domain.products.product_rules import Inferred
from services.enrich.domain.research import check_research, read_claims
from services.enrich.domain.sources import Chosen, Source
from services.enrich.use_cases.ask_model import ask_model
from services.enrich.use_cases.find_sources import find_company_sources
from services.enrich.use_cases.row_work import Part, columns_of

_PRODUCT_FORM = {
    "type": "object",
    "properties": {
        "id": {"type": ["string", "null"]},
        "source_ids": {"type": "array", "items": {"type": "string"}},
        "snippet": {"type": "string"},
    },
    "required": ["id", "source_ids", "snippet"],
    "additionalProperties": False,
}


async def research_company(part: Part, lead: Lead, *, on_sources: Callable[[Sequence[Source]], None]) -> Found:
    """What is found of the company. `lead` has no person; `on_sources` is told the sources before the model is asked.

    Raises whatever a provider's failure is called. Without a source nobody is asked.
    """
    chosen = await _sources(part, lead)
    on_sources(chosen.sources)
    rejected = tuple(chosen.rejected)
    if not chosen.sources:
        return Found(rejected=rejected)
    columns, products, language = columns_of(part.work.spec), part.work.products, part.work.spec.language
    items = products.items if products.version else ()
    request: dict[str, object] = {
        "task": "company",
        "row": lead.for_model(),
        "language": language,
        "sources": sources_for_model(chosen.sources),
    }
    if columns:
        request["columns"] = [one.for_model() for one in columns]
    if items:
        request["products"] = items

    def read(answer: object) -> Found:
        texts = texts_of(chosen.sources)
        claims = read_claims(answer, ("company", "signals"))
        return Found(
            statements=check_research(claims, chosen.sources, texts, lead=lead, language=language).statements,
            rejected=rejected,
            offered=len(claims),
            answers=check_answers(answer, columns, texts, about=About(lead.words, language)),
            inferred=_inferred(answer, [one["id"] for one in items], texts),
            read=len(chosen.sources),
        )

    found = await ask_model(
        part.providers.groq,
        question(prompts.COMPANY, columns, with_product=bool(items)),
        request=request,
        read=read,
        patience=part.work.patience,
        tally=part.tally,
    )
    return cited(chosen.sources, found)


@functools.lru_cache(maxsize=512)
def question(prompt: prompts.Prompt, columns: tuple[Column, ...], *, with_product: bool = False) -> prompts.Prompt:
    """The prompt with the form of what a job asks besides: made once, sent with each row."""
    more = {"extra": answers_form(columns)} if columns else {}
    return prompt.asking(more | ({"product": _PRODUCT_FORM} if with_product else {}))


def sources_for_model(sources: Sequence[Source]) -> list[dict[str, str]]:
    """As the model is given them."""
    return [
        {"id": one.id, "url": one.url, "title": one.title, "text": one.text} | ({"date": one.date} if one.date else {})
        for one in sources
    ]


async def _sources(part: Part, lead: Lead) -> Chosen:
    if told := part.recall("company_sources"):
        return Chosen([Source(**one) for one in told["sources"]], [(url, why) for url, why in told["rejected"]])
    chosen = await find_company_sources(lead, part)
    part.keep("company_sources", sources=chosen.sources, rejected=chosen.rejected)
    return chosen


def _inferred(answer: object, ids: Sequence[str], texts: Texts) -> Inferred | None:
    """The product that the model names, if there is such a one and the snippet stands where it is said to."""
    told = cast("Mapping[str, Any]", answer).get("product") if ids and isinstance(answer, Mapping) else None
    if not isinstance(told, Mapping):
        return None
    product, snippet, source_ids = (
        cast("Mapping[str, Any]", told).get(name) for name in ("id", "snippet", "source_ids")
    )
    if not isinstance(product, str) or not isinstance(snippet, str) or not isinstance(source_ids, list):
        return None
    if product not in ids:
        return None
    fault, backed_by = backing(snippet, [str(one) for one in cast("list[object]", source_ids)], texts)
    return None if fault else Inferred(product, backed_by, snippet)
