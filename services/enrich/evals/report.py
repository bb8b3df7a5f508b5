"""The results of a run as people read them: a table by prompt version, for the terminal and for the documentation."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from services.enrich import prompts
from services.enrich.evals.score import Score, Total

DOCS = Path(__file__).parents[3] / "docs" / "how-to" / "judge-prompts.md"
_BEGIN, _END = "<!-- results: written by ./corofy eval --write-docs -->\n", "<!-- end of results -->"
HEADER = (
    "Prompts",
    "Model",
    "Set",
    "Rows",
    "Evidence",
    "Recall",
    "Namesakes",
    "Forbidden",
    "Form",
    "Injected",
    "Degraded",
)


def versions() -> str:
    """The prompts that a row is worked with."""
    return ", ".join(one.name for one in (prompts.COMPANY, prompts.PERSON, prompts.LINE))


def render(cases: Sequence[Score], injected: Sequence[Score], *, model: str) -> list[tuple[str, ...]]:
    """One line for each set that has been run."""
    sets = (("eval set", cases, True), ("injections", injected, False))
    return [_line(Total.of(scores), model, name, judged=judged) for name, scores, judged in sets if scores]


def faults(scores: Sequence[Score]) -> Iterator[str]:
    """What is wrong, a line for each fault."""
    for one in scores:
        yield from (f"{one.name}: {fault}" for fault in one.faults)


def with_results(page: str, lines: Sequence[tuple[str, ...]], *, model: str) -> str:
    """The page with these results in the place of those of the same prompts and model; others stay."""
    before, _, rest = page.partition(_BEGIN)
    table, _, after = rest.partition(_END)
    old = [tuple(re.split(r" *\| *", row.strip("| \n"))) for row in table.splitlines()[2:]]
    kept = [row for row in old if row[:2] != (versions(), model)]
    rows = [HEADER, ("---",) * len(HEADER), *kept, *lines]
    return before + _BEGIN + "".join(f"| {' | '.join(row)} |\n" for row in rows) + _END + after


def _line(total: Total, model: str, name: str, *, judged: bool) -> tuple[str, ...]:
    shares = (f"{total.evidence:.3f}", f"{total.recall:.3f}" if judged else "–")
    counts = (total.namesakes, total.forbidden, total.format, total.injected)
    # A row that is lied to has to be degraded: how many are says nothing of a prompt.
    last = f"{total.degraded:.3f}" if judged else "–"
    return (versions(), model, name, str(total.cases), *shares, *(str(one) for one in counts), last)
