"""What the runs of `rows` come to: rates beside the loop's, processor time, memory."""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import mean

from benchmarks.figures import Figure
from benchmarks.processes import Usage

_NAME = "rows"


@dataclass(frozen=True, slots=True)
class Goals:
    """At least this share of the loop's rows/s; at most so many times its processor time, and so many seconds more."""

    rate: float | None = None
    cpu_times: float = 1.5
    cpu_more_s: float = 1.0


@dataclass(frozen=True, slots=True)
class Run:
    """One run: how long, what it used, and how often the sandbox was asked."""

    rows: int
    seconds: float
    usage: Usage
    calls: int

    @property
    def rate(self) -> float:
        return self.rows / self.seconds

    def cpu(self, name: str) -> float:
        """Processor seconds per 1,000 rows."""
        return self.usage.cpu_seconds[name] / self.rows * 1000


@dataclass(frozen=True, slots=True)
class Job:
    """What a job's own records say: `working_s` from its start to its last row, `first_row_s` and `whole_s` from the click."""

    working_s: float
    first_row_s: float
    whole_s: float


def figures_of(job: Job, system: Run, *, loops: list[Run], goals: Goals, in_flight: int) -> list[Figure]:
    """Everything, in the order it is read; each figure begins with the number of rows in flight."""
    figures = [*_rates(job, system, loops, goals), *_costs(system, loops, goals), *_peaks(system, loops)]
    return [replace(one, figure=f"{in_flight}: {one.figure}") for one in figures]


def _rates(job: Job, system: Run, loops: list[Run], goals: Goals) -> list[Figure]:
    reference = mean(loop.rate for loop in loops)
    ratio = round(system.rate / reference, 3)
    figures = [
        Figure(_NAME, f"bare loop, run {nth}", round(loop.rate, 1), "rows/s") for nth, loop in enumerate(loops, 1)
    ]
    return [
        *figures,
        Figure(
            _NAME,
            "whole system",
            round(system.rate, 1),
            "rows/s",
            "bare loop",
            ratio,
            f"ratio >= {goals.rate}" if goals.rate else None,
            ratio >= goals.rate if goals.rate else None,
        ),
        Figure(
            _NAME,
            "click to workbook",
            round(system.rows / job.whole_s, 1),
            "rows/s",
            "bare loop",
            round(system.rows / job.whole_s / reference, 3),
        ),
        Figure(_NAME, "first finished row", round(job.first_row_s, 2), "s"),
        Figure(
            _NAME,
            "calls per row",
            round(system.calls / system.rows, 2),
            "calls",
            "bare loop",
            round(system.calls / mean(loop.calls for loop in loops), 3),
        ),
    ]


def _costs(system: Run, loops: list[Run], goals: Goals) -> list[Figure]:
    """The sandbox is the outside world: its time is shown, and belongs to neither side's sum."""
    unit = "s/1,000 rows"
    reference = mean(loop.cpu("loop") for loop in loops)
    ours = {name: system.cpu(name) for name in system.usage.cpu_seconds if name != "sandbox"}
    total, most = sum(ours.values()), goals.cpu_times * reference + goals.cpu_more_s
    others = mean(run.usage.others_share for run in (system, *loops))
    return [
        Figure(_NAME, "processors taken by others", round(100 * others), "%"),
        Figure(_NAME, "bare loop: CPU", round(reference, 2), unit),
        Figure(
            _NAME,
            "whole system: CPU",
            round(total, 2),
            unit,
            "bare loop",
            round(total / reference, 2),
            f"<= {goals.cpu_times:g} x loop + {goals.cpu_more_s:g}",
            total <= most,
        ),
        *(Figure(_NAME, f"{name}: CPU", round(cost, 2), unit) for name, cost in ours.items()),
        Figure(
            _NAME,
            "sandbox: CPU",
            round(system.cpu("sandbox"), 2),
            unit,
            "under the loop",
            round(system.cpu("sandbox") / mean(loop.cpu("sandbox") for loop in loops), 2),
        ),
    ]


def _peaks(system: Run, loops: list[Run]) -> list[Figure]:
    peaks = {"bare loop": max(loop.usage.peak_mib["loop"] for loop in loops), **system.usage.peak_mib}
    return [Figure(_NAME, f"{name}: peak memory", round(peak), "MiB") for name, peak in peaks.items()]
