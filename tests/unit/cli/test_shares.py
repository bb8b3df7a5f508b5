"""How the tests are shared out among workers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import shares

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("folder", ["tests/e2e/", "tests/web/"])
def test_what_uses_the_one_system_stays_on_one_worker(folder: str) -> None:
    """Red when a module is taken out of its folder's share: every worker would start the whole system."""
    assert (
        shares.share_of(f"{folder}test_x.py::test_a") == shares.share_of(f"{folder}deep/test_y.py::test_b[1]") == folder
    )


@pytest.mark.parametrize("module", shares.WITH_SERVERS_OF_THEIR_OWN)
def test_what_starts_a_system_for_itself_is_a_share_of_its_own(module: str) -> None:
    """Red when it waits behind those that share one, or when it has another name by now."""
    assert shares.share_of(f"{module}::test_a[x]") == module
    assert (ROOT / module).is_file()


def test_other_modules_stay_together() -> None:
    """Red when tests of one module go to two workers, each of which would make the module's fixtures."""
    assert shares.share_of("tests/unit/test_x.py::test_a") == shares.share_of(
        "tests/unit/test_x.py::test_b[http://[::1]]"
    )
    assert shares.share_of("tests/unit/test_x.py::test_a") != shares.share_of("tests/unit/test_y.py::test_a")


def test_the_longest_comes_first_and_the_shortest_last() -> None:
    """Red when something long is left for the end, where one worker would be alone with it."""
    there = ["tests/unit/a.py::t", "tests/e2e/test_faults.py::t", "tests/integration/a.py::t"]
    longest = "tests/e2e/test_any_request.py::t"
    assert sorted([*there, longest], key=shares.rank_of) == [longest, there[1], there[2], there[0]]


def test_what_asks_about_all_tests_of_a_folder_comes_after_them() -> None:
    """Red when it runs earlier, or has another name by now: it would miss what comes later, or say nothing."""
    assert (ROOT / shares.LAST).is_file()
    there = [f"{shares.LAST}::t", "tests/unit/a.py::t", "tests/web/test_jobs.py::t"]
    assert max(there, key=shares.rank_of) == there[0]
    assert shares.share_of(there[0]) == "tests/web/"
