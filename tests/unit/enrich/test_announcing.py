"""A wait for a provider's limit of the minute is announced: with its end, and sooner than the next announcement is due."""

import asyncio
from types import SimpleNamespace
from typing import cast

import pytest

from services.enrich.clients.gate import Gate, Gates
from services.enrich.clients.tools import Tools
from services.enrich.in_flight.floor import Floor
from services.enrich.use_cases import announce_capacity as announcing
from services.enrich.use_cases.announce_capacity import WORTH_SAYING_S, CapacityAnnouncer
from tests.support.waiting import PATIENCE_S


def make() -> tuple[Gate, Gate, Tools]:
    gates = Gates()
    tools = Tools((), serper=None, groq=None, firecrawl=None, gates=gates)
    return gates.of("serper"), gates.of("groq", "a-model"), tools


def test_the_tools_say_which_accounts_wait_and_for_how_long() -> None:
    """Red when a gate that is open is taken for a wait, or the time is that of another."""
    _, groq, tools = make()
    assert tools.waits == []
    groq.shut(6.8, by="tokens")
    (wait,) = tools.waits
    assert (wait.account, wait.reason, wait.limited_by) == ("groq", "minute_limit", "tokens")
    assert wait.wait_s == pytest.approx(6.8, abs=0.5)


def test_only_a_long_wait_that_was_not_said_yet_is_news() -> None:
    """Red when every wait of a moment hurries an announcement."""
    serper, groq, tools = make()
    announcer = CapacityAnnouncer(cast(Floor, SimpleNamespace(tools=tools)))
    assert not announcer.has_news()
    serper.shut(WORTH_SAYING_S / 2)
    assert not announcer.has_news()
    groq.shut(WORTH_SAYING_S * 2)
    assert announcer.has_news()


async def test_a_wait_that_begins_is_announced_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Well before the next announcement is due, and once. Red when the announcer sleeps through it."""
    monkeypatch.setattr(announcing, "EVERY_S", 60.0)
    monkeypatch.setattr(announcing, "LOOK_S", 0.01)
    _, groq, tools = make()
    announcer = CapacityAnnouncer(cast(Floor, SimpleNamespace(tools=tools)))
    said = list[list[str]]()
    twice = asyncio.Event()

    async def announce() -> None:
        waits = [wait.account for wait in tools.waits]
        said.append(waits)
        announcer._said = frozenset(waits)  # pyright: ignore[reportPrivateUsage] - as the real one notes it
        if len(said) == 2:
            twice.set()

    monkeypatch.setattr(announcer, "announce", announce)
    running = asyncio.create_task(announcer.run())
    await asyncio.sleep(0)
    groq.shut(30)
    await asyncio.wait_for(twice.wait(), PATIENCE_S)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert said == [[], ["groq"]]
