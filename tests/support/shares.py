"""What each worker of a parallel run gets, and what comes first: the longest, so that no worker is left with it at the end."""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling

WITH_SERVERS_OF_THEIR_OWN = (
    "tests/e2e/test_any_request.py",
    "tests/e2e/test_command.py",
    "tests/e2e/test_restoring.py",
)
"""End-to-end tests that start a system for themselves, the longest first."""
SHARING_ONE_SYSTEM = ("tests/e2e/", "tests/web/")
"""Folders whose tests use the fixture `stack`: one worker runs all of a folder, so that it starts once."""
LONGEST_FIRST = (WITH_SERVERS_OF_THEIR_OWN[0], *SHARING_ONE_SYSTEM, "tests/broker/", "tests/integration/")
LAST = "tests/web/test_every_button.py"
"""Asks what all other tests of the web app have done."""


def share_of(nodeid: str) -> str:
    """What stays together on one worker: a module (or class), as its fixtures are made once; or all that shares one system."""
    if not nodeid.startswith(WITH_SERVERS_OF_THEIR_OWN):
        for folder in SHARING_ONE_SYSTEM:
            if nodeid.startswith(folder):
                return folder
    # Parameters may have colons too.
    return nodeid.partition("[")[0].rpartition("::")[0]


def rank_of(nodeid: str) -> int:
    """Lower ranks start earlier. Equal ones keep the order they come in, which is a random one."""
    if nodeid.startswith(LAST):
        return len(LONGEST_FIRST) + 1
    return next((rank for rank, start in enumerate(LONGEST_FIRST) if nodeid.startswith(start)), len(LONGEST_FIRST))


class ByShares(LoadScopeScheduling):
    """Hands out shares in the order of the collection; run with `--dist loadscope --no-loadscope-reorder`."""

    def _split_scope(self, nodeid: str) -> str:
        return share_of(nodeid)
