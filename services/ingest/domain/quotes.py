"""What a job would cost, and what has to be said before it is made."""

from dataclasses import dataclass

from libs.common.errors import Conflict
from services.ingest.domain.window import EnrichState


@dataclass(frozen=True)
class Price:
    """One version of billing's price list: whole credits per delivered row, and per revealed lead."""

    version: int
    credits_per_row: int
    credits_per_lead: int = 1


@dataclass(frozen=True)
class Quote:
    """`credits` is the most the job can cost: only enriched rows are charged."""

    rows: int
    price: Price
    missing_providers: tuple[str, ...]
    sandboxed: bool

    @property
    def credits(self) -> int:
        return self.rows * self.price.credits_per_row


def quote(*, rows: int, price: Price, enrich: EnrichState) -> Quote:
    """The price of a list at the present price list, with what enrich lacks."""
    return Quote(rows, price, enrich.missing_providers, enrich.sandboxed)


def check_accepted(offer: Quote, *, accept_degraded: bool) -> None:
    """Raises Conflict `providers_missing` when rows would come out degraded and nobody has agreed to that."""
    if offer.missing_providers and not accept_degraded:
        names = ", ".join(offer.missing_providers)
        msg = f"there is no key for {names}: rows will be degraded (free). Set the keys, or send accept_degraded: true."
        raise Conflict(msg, code="providers_missing", extra={"missing_providers": list(offer.missing_providers)})
