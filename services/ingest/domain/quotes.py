"""What a job would cost, and what has to be said before it is made."""

from dataclasses import dataclass, field

from libs.common.errors import Conflict
from services.ingest.domain.window import EnrichState


@dataclass(frozen=True)
class Price:
    """One version of billing's price list: whole credits per delivered row, per revealed lead, and per row and extra column
    on top of the row."""

    version: int
    credits_per_row: int
    credits_per_lead: int = 1
    credits_per_column: int = 0

    def row_with(self, columns: int) -> int:
        """What a delivered row costs that so many extra columns were asked for."""
        return self.credits_per_row + columns * self.credits_per_column


@dataclass(frozen=True)
class Choice:
    """Which rows of a sheet somebody wants: the first N, without those that repeat another, or a lead of an earlier job."""

    first_rows: int | None = None
    skip_duplicates: bool = True
    skip_known: bool = False

    def covered(self, rows: int) -> int:
        """How many rows a job of this choice answers for."""
        return rows if self.first_rows is None else min(rows, self.first_rows)

    @property
    def needs_findings(self) -> bool:
        """Whether it can be followed only when the sheet has been checked."""
        return self.skip_duplicates or self.skip_known


@dataclass(frozen=True)
class Counts:
    """Of the rows that are covered: those that repeat another, those of earlier jobs, those that are skipped for either,
    and those that were tried and are not charged again. `checked` is whether the sheet has been looked through for them."""

    duplicates: int = 0
    known: int = 0
    skipped: int = 0
    tried: int = 0
    checked: bool = True


@dataclass(frozen=True)
class Quote:
    """`rows` are the sheet's, `rows_selected` those a job would answer for, `columns` the extra ones that are asked for.

    `credits` is the most the job can cost: only enriched rows are charged.
    """

    rows: int
    price: Price
    missing_providers: tuple[str, ...]
    sandboxed: bool
    choice: Choice = field(default_factory=Choice)
    counts: Counts = field(default_factory=Counts)
    columns: int = 0

    @property
    def credits_per_row(self) -> int:
        """What each row costs, its extra columns included."""
        return self.price.row_with(self.columns)

    @property
    def rows_selected(self) -> int:
        return self.choice.covered(self.rows)

    @property
    def credits(self) -> int:
        return (self.rows_selected - self.counts.skipped - self.counts.tried) * self.credits_per_row


def quote(
    *,
    rows: int,
    price: Price,
    enrich: EnrichState,
    choice: Choice | None = None,
    counts: Counts | None = None,
    columns: int = 0,
) -> Quote:
    """The price of a list at the present price list, with what enrich lacks."""
    return Quote(
        rows, price, enrich.missing_providers, enrich.sandboxed, choice or Choice(), counts or Counts(), columns
    )


def check_accepted(offer: Quote, *, accept_degraded: bool) -> None:
    """Raises Conflict `providers_missing` when rows would come out degraded and nobody has agreed to that."""
    if offer.missing_providers and not accept_degraded:
        names = ", ".join(offer.missing_providers)
        msg = f"there is no key for {names}: rows will be degraded (free). Set the keys, or send accept_degraded: true."
        raise Conflict(msg, code="providers_missing", extra={"missing_providers": list(offer.missing_providers)})


def check_agreed(offer: Quote, *, quoted_credits: int | None) -> None:
    """Raises Conflict `price_differs` when somebody has agreed to another price than it is."""
    if quoted_credits not in {None, offer.credits}:
        msg = (
            f"this costs {offer.credits} credits at most by now, not {quoted_credits}: nothing was started. Show the price"
            " to whoever pays, and start it at that when they agree."
        )
        raise Conflict(msg, code="price_differs", extra={"credits": offer.credits, "quoted_credits": quoted_credits})
