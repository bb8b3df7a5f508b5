"""A person lets dead letters be: they are not sent, and leave the page."""

from datetime import datetime
from uuid import UUID

from libs.common.uow import UnitOfWork
from services.sender.repositories import dead_letters
from services.sender.repositories.dead_letters import Which
from services.sender.use_cases.replay_dead_letters import MOST_AT_ONCE


async def discard_dead_letters(uow: UnitOfWork, which: Which, *, made_by: UUID, now: datetime) -> tuple[int, bool]:
    """How many of the first 500, and whether there may be more. Key: the letter's state; a second click finds none."""
    letters = await dead_letters.find(uow.conn, which, limit=MOST_AT_ONCE, lock=True)
    ids = [letter.email_id for letter in letters]
    await dead_letters.close(uow.conn, ids, state="discarded", made_by=made_by, now=now)
    return len(ids), len(ids) == MOST_AT_ONCE
