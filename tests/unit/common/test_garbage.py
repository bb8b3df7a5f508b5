"""The cycle collector is told what stays, for as long as a service runs."""

import gc

from libs.common.garbage import seldom_collected


def test_what_was_there_is_left_alone_while_it_runs_and_everything_is_as_before_afterwards() -> None:
    before = gc.get_threshold()
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
