"""Runs eval cases under a model that lies, and says which of its wrongs have reached a result."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager

from deploy.sandbox.llm.planted import Planted
from libs.common.contracts.research import RowResult
from services.enrich.domain.texts import clean
from services.enrich.evals.cases import Case
from services.enrich.evals.run import Desk, Ran, open_desk
from tests.integration.enrich.bench import MODEL, World

_LONGEST = 1_000


@asynccontextmanager
async def desk_at(world: World, cases: Sequence[Case]) -> AsyncGenerator[Desk]:
    """A desk whose model is the sandbox's."""
    (groq,) = [one for one in world.accounts() if one.provider == "groq"]
    async with open_desk(cases, groq, models=[MODEL]) as desk:
        yield desk


async def lied_to(world: World, cases: Sequence[Case], **dials: float) -> tuple[list[Ran], list[Planted]]:
    """The results, and every wrong that was planted on the way to them."""
    world.turn(groq=dials)
    world.box.planted.clear()
    async with desk_at(world, cases) as desk:
        ran = await desk.run_all(cases)
    return ran, list(world.box.planted.kept)


def escaped(planted: Iterable[Planted], ran: Iterable[Ran]) -> list[Planted]:
    """The wrongs that stand in the result of the row for which they were said."""
    rows = {one.case.name: RowResult.model_validate_json(one.payload) for one in ran}
    return [one for one in planted if _stands_in(one, rows)]


def _stands_in(wrong: Planted, rows: Mapping[str, RowResult]) -> bool:
    row = rows[wrong.key]
    told = (clean(wrong.text, longest=_LONGEST), clean(wrong.snippet, longest=_LONGEST))
    match wrong.part:
        case "line":
            return row.line == told[0]
        case "extra":
            return told in [(str(one.value), one.snippet) for one in row.extra.values()]
        case "product":
            return row.product is not None and told == (row.product.product, row.product.snippet)
        case _:
            research = row.research
            statements = [*research.person, *research.company, *research.signals] if research else []
            return told in [(one.text, one.snippet) for one in statements]
