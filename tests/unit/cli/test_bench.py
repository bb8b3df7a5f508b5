"""The benchmarks are listed, their figures are lines for programs, and what they compare is the same work."""

from __future__ import annotations

import orjson
import pytest

import benchmarks.sandbox
from benchmarks import leads
from benchmarks.__main__ import main as run_benchmark
from benchmarks.figures import Figure, at_least, to_json_line
from benchmarks.recorder import rounds_of
from libs.cli.__main__ import main
from libs.cli.bench import known_benchmarks

FIELDS = ["name", "figure", "value", "unit", "against", "ratio", "goal", "holds"]


def test_without_a_name_every_benchmark_is_listed_with_what_it_measures(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert {"rows", "sandbox"} <= set(known_benchmarks())
    assert [line.split()[0] for line in listed] == list(known_benchmarks())
    assert all(len(line.split()) > 4 for line in listed)


def test_a_figure_is_one_line_of_json_with_the_eight_agreed_fields() -> None:
    figure = at_least("rows", "search", 4999, "req/s", goal=5000, against="bare", ratio=0.5)
    line = to_json_line(figure)
    assert "\n" not in line
    assert list(orjson.loads(line)) == FIELDS
    assert orjson.loads(line)["holds"] is False


@pytest.mark.parametrize(("holds", "code"), [(True, 0), (None, 0), (False, 1)])
def test_json_prints_a_line_per_figure_and_the_exit_code_says_whether_the_goals_hold(
    holds: bool | None, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def run() -> list[Figure]:
        return [Figure("sandbox", "a", 1, "s"), Figure("sandbox", "b", 2, "s", goal="<= 3 s", holds=holds)]

    monkeypatch.setattr(benchmarks.sandbox, "run", run)
    assert run_benchmark(["sandbox", "--json"]) == code
    lines = [orjson.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["figure"] for line in lines] == ["a", "b"]


def test_a_call_made_for_one_company_becomes_the_same_call_for_another() -> None:
    """The loop must not ask for companies that the sandbox has met: its answers would be cheaper."""
    row = ",".join(leads.lead(7)).encode()
    word = leads.mark(99_999)
    changed = leads.renamed(row, 99_999)
    assert len(changed) == len(row)
    assert set(leads.MARK.findall(changed)) == {word.encode(), word.capitalize().encode()}
    assert len({leads.mark(nth) for nth in range(0, 343_000, 7)}) == 49_000


def test_calls_that_overlapped_are_played_together_and_the_others_one_after_the_other() -> None:
    spans = {"search": (0.0, 0.3), "news": (0.01, 0.31), "research": (0.4, 0.9), "line": (0.95, 1.4)}
    calls = [{"call": name, "began": began, "ended": ended} for name, (began, ended) in spans.items()]
    assert rounds_of(calls[::-1]) == [["search", "news"], ["research"], ["line"]]
