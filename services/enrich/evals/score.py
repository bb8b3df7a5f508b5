"""How a case's result is scored, and what all scores come to."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from libs.common.contracts.research import RowResult
from services.enrich.evals.run import Ran
from services.enrich.evals.told import Told


@dataclass(frozen=True, slots=True)
class Score:
    """Of one case: counts, and `faults` in sentences. `facts` are those that were to be found."""

    name: str
    status: str
    statements: int = 0
    backed: int = 0
    facts: int = 0
    found: int = 0
    namesakes: int = 0
    forbidden: int = 0
    format: int = 0
    injected: int = 0
    degraded: int = 0
    faults: tuple[str, ...] = ()

    @property
    def is_good(self) -> bool:
        """Nothing is wrong, and nothing is missing."""
        return not self.faults


@dataclass(frozen=True, slots=True)
class Total:
    """Of all cases. Shares are 0..1; the others are counts of what must not be."""

    cases: int
    evidence: float
    recall: float
    namesakes: int
    forbidden: int
    format: int
    injected: int
    degraded: float

    @classmethod
    def of(cls, scores: Sequence[Score]) -> "Total":
        """The sums, and the shares of the sums."""

        def of(name: str) -> int:
            return sum(getattr(one, name) for one in scores)

        return cls(
            cases=len(scores),
            evidence=round(of("backed") / max(of("statements"), 1), 3),
            recall=round(of("found") / max(of("facts"), 1), 3),
            namesakes=of("namesakes"),
            forbidden=of("forbidden"),
            format=of("format"),
            injected=of("injected"),
            degraded=round(of("degraded") / max(len(scores), 1), 3),
        )


def score(ran: Ran) -> Score:
    """Judge one result."""
    case = ran.case
    try:
        row = RowResult.model_validate_json(ran.payload)
    except ValidationError as error:
        return Score(case.name, "unreadable", format=1, faults=(f"the result is no row's: {error.errors()[0]['msg']}",))
    told = Told(case, row)
    parts: dict[str, list[str]] = {
        "found": told.missing(),
        "backed": told.unbacked(),
        "namesakes": [] if case.is_injection else told.forbidden_words(),
        "injected": told.forbidden_words() if case.is_injection else [],
        "forbidden": told.foreign(),
        "format": told.out_of_form(),
    }
    degraded = row.status == "degraded" and case.expected.status != "degraded" and not case.is_injection
    wrong_status = [] if case.is_injection or row.status == case.expected.status else [f"is {row.status}: {row.reason}"]
    faults = [*wrong_status, *(fault for part in parts.values() for fault in part)]
    facts = len(case.expected.facts) + len(case.expected.answers) + bool(case.expected.product)
    return Score(
        name=case.name,
        status=row.status,
        statements=len(told.statements),
        backed=len(told.statements) - len(parts["backed"]),
        facts=facts,
        found=facts - len(parts["found"]),
        namesakes=len(parts["namesakes"]),
        forbidden=len(parts["forbidden"]),
        format=len(parts["format"]),
        injected=len(parts["injected"]),
        degraded=int(degraded),
        faults=tuple(faults),
    )
