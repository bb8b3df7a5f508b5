"""Who waits for what: nobody is forgotten, and what somebody was told to find out is not lost with him."""

from __future__ import annotations

import asyncio

import pytest

from services.enrich.in_flight.tickets import Tickets


async def test_one_is_chosen_and_the_others_are_answered() -> None:
    """Red when two are told to find it out, or one who waits gets no answer."""
    tickets = Tickets[str, int]()
    first, second, third = (tickets.take("a") for _ in range(3))
    assert tickets.choose("a")
    assert first.done()
    assert first.result() is None
    tickets.answer("a", 7)
    assert [second.result(), third.result()] == [7, 7]
    assert not tickets
    assert not tickets.choose("a")


async def test_who_was_chosen_and_goes_says_so() -> None:
    """Red when a caller that is cancelled right after it was chosen leaves everyone waiting for what it will not find."""
    tickets = Tickets[str, int]()
    chosen, waiting, gone = (tickets.take("a") for _ in range(3))
    gone.cancel()
    assert not tickets.withdraw("a", gone)
    assert tickets.choose("a")
    assert tickets.withdraw("a", chosen)
    assert not tickets.withdraw("a", waiting)
    assert not tickets


async def test_those_who_have_gone_are_not_chosen() -> None:
    """Red when the finding out is given to a caller that has been cancelled."""
    tickets = Tickets[str, int]()
    gone, waiting = tickets.take("a"), tickets.take("a")
    gone.cancel()
    assert tickets.choose("a")
    assert waiting.done()
    tickets.take("b").cancel()
    assert not tickets.choose("b")


async def test_an_error_reaches_everyone() -> None:
    """Red when a fault leaves somebody waiting, or is raised again by nobody's ticket."""
    tickets = Tickets[str, int]()
    held, gone = tickets.take("a"), tickets.take("b")
    gone.cancel()
    tickets.fail(ValueError("no"))
    with pytest.raises(ValueError, match="no"):
        await asyncio.wait_for(held, timeout=1)
    assert not tickets.withdraw("a", held)
