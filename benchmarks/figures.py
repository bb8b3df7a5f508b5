"""One figure of a benchmark, and how it is shown to people and to programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import orjson
from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured value, what it was measured against in the same run, and whether it reaches its goal.

    `against` names the reference and `ratio` is value / reference; both are empty for a figure without one.
    `goal` is a phrase such as `>= 5000`; `holds` is None when there is no goal.
    """

    name: str
    figure: str
    value: float
    unit: str
    against: str | None = None
    ratio: float | None = None
    goal: str | None = None
    holds: bool | None = None


def at_least(
    name: str,
    figure: str,
    value: float,
    unit: str,
    *,
    goal: float,
    against: str | None = None,
    ratio: float | None = None,
) -> Figure:
    """A figure whose value shall not be below the goal."""
    return Figure(name, figure, value, unit, against, ratio, goal=f">= {goal:g} {unit}", holds=value >= goal)


def to_json_line(figure: Figure) -> str:
    """The figure as one line of JSON."""
    return orjson.dumps(asdict(figure)).decode()


def print_table(figures: Sequence[Figure], *, console: Console | None = None) -> None:
    """The figures as a table."""
    table = Table(box=None, pad_edge=False)
    table.add_column(", ".join(dict.fromkeys(one.name for one in figures)))
    for heading in ("value", "unit", "ratio"):
        table.add_column(heading, justify="left" if heading == "unit" else "right")
    for heading in ("against", "goal", "holds"):
        table.add_column(heading)
    for one in figures:
        ratio = "" if one.ratio is None else f"{one.ratio:.2f}"
        holds = {None: "", True: "yes", False: "[bold red]no[/]"}[one.holds]
        table.add_row(one.figure, f"{one.value:,.6g}", one.unit, ratio, one.against or "", one.goal or "", holds)
    (console or Console()).print(table)
