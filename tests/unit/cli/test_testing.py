"""What `corofy test` hands to pytest."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.local.pair import Pair
from libs.cli import testing

PAIR = Pair("postgresql://p", "amqp://r", "http://m")


@pytest.fixture
def handed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The argument lists of the runs, and the word `stopped` when the servers were ended."""
    calls: list[list[str]] = []
    monkeypatch.setenv("COROFY_STATE_DIR", str(tmp_path))

    def run(arguments: list[str], servers: dict[str, str]) -> int:
        assert servers == PAIR.as_env()
        calls.append(arguments)
        return 5

    def stop(_state: object) -> None:
        calls.append(["stopped"])

    def pair(_state: object, *, say: object) -> Pair:
        return PAIR

    async def build() -> bool:
        return True

    monkeypatch.setattr(testing, "_pytest", run)
    monkeypatch.setattr(testing, "build_beside", build)
    monkeypatch.setattr(testing, "ensure_pair", pair)
    monkeypatch.setattr(testing, "stop_pair", stop)
    return calls


def test_a_run_of_everything_leaves_no_server_behind_and_hands_on_the_exit_code(handed_over: list[list[str]]) -> None:
    assert testing.test([], long=False) == 5
    assert handed_over[0][:2] == ["-m", "not long"]
    assert handed_over[0][-1] == "tests"
    # The longest tests come first only when nobody reorders them.
    assert "--no-loadscope-reorder" in handed_over[0]
    assert handed_over[1] == ["stopped"]


def test_a_run_of_one_path_keeps_them_warm_for_the_next(
    handed_over: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(__file__).parent)
    assert testing.test(["test_testing.py::test_x", "-k", "word"], long=True) == 5
    assert handed_over == [[f"{Path(__file__).resolve()}::test_x", "-k", "word"]]


def test_options_alone_still_mean_everything(handed_over: list[list[str]]) -> None:
    testing.test(["-x"], long=True)
    assert handed_over[0][-2:] == ["tests", "-x"]
    assert "-m" not in handed_over[0]
