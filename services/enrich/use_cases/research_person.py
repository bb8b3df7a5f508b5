"""The person's part of a row: a search for them, what the company's pages say of them, and one question to the model."""

import asyncio
from collections.abc import Callable, Mapping, Sequence

from services.enrich import prompts
from services.enrich.domain.columns import Column, check_answers
from services.enrich.domain.evidence import About, texts_of
from services.enrich.domain.found import Found, cited
from services.enrich.domain.research import check_research, read_claims
from services.enrich.domain.sources import Chosen, Result, Source, choose_person_sources
from services.enrich.use_cases.ask_model import ask_model
from services.enrich.use_cases.find_sources import find_person_results
from services.enrich.use_cases.research_company import question, sources_for_model
from services.enrich.use_cases.row_work import Part


async def research_person(
    part: Part,
    *,
    company_sources: asyncio.Future[Sequence[Source]],
    still_open: Callable[[], tuple[Column, ...]],
) -> Found:
    """What is found of the person. Of the columns those are asked that are `still_open` by then.

    Raises whatever a provider's failure is called. Without a source that names the person nobody is asked.
    """
    if told := part.recall("person"):
        return Found.from_json(told["found"])
    results = await _results(part)
    known = await part.work.slot.wait(asyncio.shield(company_sources))
    chosen = choose_person_sources(part.work.lead, results, known, today=part.today)
    if not chosen.sources:
        return Found(rejected=tuple(chosen.rejected))
    found = await _ask(part, chosen, columns=still_open())
    part.keep("person", found=found)
    return found


async def _results(part: Part) -> list[Result]:
    if told := part.recall("person_sources"):
        return [Result(**one) for one in told["results"]]
    results = await find_person_results(part.work.lead, part)
    part.keep("person_sources", results=results)
    return results


async def _ask(part: Part, chosen: Chosen, *, columns: tuple[Column, ...]) -> Found:
    lead, language = part.work.lead, part.work.spec.language
    request: dict[str, object] = {
        "task": "person",
        "row": lead.for_model(),
        "language": language,
        "sources": sources_for_model(chosen.sources),
    }
    if columns:
        request["columns"] = [one.for_model() for one in columns]

    def read(answer: object) -> Found:
        texts = texts_of(chosen.sources)
        claims = read_claims(answer, ("person", "signals"))
        return Found(
            statements=check_research(claims, chosen.sources, texts, lead=lead, language=language).statements,
            rejected=tuple(chosen.rejected),
            offered=len(claims),
            answers=check_answers(answer, columns, texts, about=About(lead.words, language)),
            read=len(chosen.sources),
        )

    found = await ask_model(
        part.providers.groq,
        question(prompts.PERSON, columns),
        request=request,
        read=read,
        patience=part.work.patience,
        tally=part.tally,
    )
    return cited(chosen.sources, found)


def open_columns(columns: Sequence[Column], answers: Mapping[str, object] | None) -> tuple[Column, ...]:
    """Those that the company's part has not answered; all while it is not known what it answers."""
    return tuple(one for one in columns if answers is None or one.name not in answers)
