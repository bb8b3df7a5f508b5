"""The cycle collector is told what stays, for as long as a service runs."""

import gc
from collections.abc import Generator

import pytest

from libs.common.garbage import seldom_collected


@pytest.fixture
def thresholds() -> Generator[tuple[int, int, int]]:
    """Those of a fresh interpreter, whatever runs in this process beside the test."""
    others = gc.get_threshold()
    fresh = (700, 10, 10)
    gc.set_threshold(*fresh)
    yield fresh
    gc.set_threshold(*others)


def test_what_was_there_is_left_alone_while_it_runs_and_everything_is_as_before_afterwards(
    thresholds: tuple[int, int, int],
) -> None:
    """Red when the collector keeps its pace, or does not get it back."""
    before = thresholds
    with seldom_collected():
        assert gc.get_freeze_count() > 0
        assert gc.get_threshold()[0] > before[0]
    assert gc.get_freeze_count() == 0
    assert gc.get_threshold() == before


def test_cycles_that_are_made_meanwhile_are_still_found() -> None:
    with seldom_collected():
        cycle: list[object] = []
        cycle.append(cycle)
        del cycle
        assert gc.collect() > 0
