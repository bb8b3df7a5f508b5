"""Which product to offer a row: by the catalogue its list began with, from what the row says and what was found."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from services.enrich.domain.lead import Lead
from services.enrich.domain.products.product_rules import Choice, Inferred, Products
from services.enrich.domain.products.row_facts import RowFacts
from services.enrich.domain.research import Statement
from services.enrich.domain.sources import Source
from services.enrich.in_flight.floor import Floor


async def products_for(family_id: UUID, *, workspace_id: UUID, floor: Floor) -> Products:
    """The products of a list's rows, the same for all of them and for its retries; read once per process.

    `items` is what a model is told of them (empty without a catalogue), `version` names them in cache keys.
    """
    return await floor.catalogues.products_for(family_id, workspace_id=workspace_id)


def choose(
    lead: Lead,
    *,
    mapping: Mapping[str, str],
    statements: Sequence[Statement],
    sources: Sequence[Source],
    products: Products,
    inferred: Inferred | None,
) -> Choice | None:
    """The product of the first rule that holds, else the inferred one, else none; `ProductChoice` as the contract has it.

    Rules look at statements and titles, never at a page's text: that is kept no longer than its reading, and a row that
    is taken up by another worker must come out alike.
    """
    if products.version == 0:
        return None
    found = [text for one in statements for text in (one.text, one.snippet)]
    return products.choose(RowFacts.of(lead, mapping, [*found, *(one.title for one in sources)]), inferred)
