"""A person has dead letters sent again: the same emails, under the same Message-IDs, with new slots."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from libs.common.uow import UnitOfWork
from services.sender.repositories import dead_letters, planning, suppressions
from services.sender.repositories.dead_letters import Which

MOST_AT_ONCE = 500


@dataclass(frozen=True)
class Replayed:
    """How many are on their way again, how many could not be, by reason, and whether there may be more to do."""

    replayed: int
    kept: Mapping[str, int] = field(default_factory=dict)
    more: bool = False


async def replay_dead_letters(uow: UnitOfWork, which: Which, *, made_by: UUID, now: datetime) -> Replayed:
    """Key: the email's state, so a second click finds nothing to do. The first 500; `more` says that there are others.

    Kept open are those whose address is suppressed (`suppressed`) or waits in another campaign (`in_other_campaign`).
    """
    letters = await dead_letters.find(uow.conn, which, limit=MOST_AT_ONCE, lock=True)
    addresses = [letter.recipient for letter in letters]
    barred = await suppressions.suppressed_among(uow.conn, workspace_id=which.workspace_id, emails=addresses)
    kept, done = Counter[str](), list[UUID]()
    for letter in letters:
        reason = "suppressed" if letter.recipient in barred else await dead_letters.revive(uow.conn, letter, now=now)
        if reason:
            kept[reason] += 1
        else:
            done.append(letter.email_id)
    await dead_letters.close(uow.conn, done, state="replayed", made_by=made_by, now=now)
    if done:
        await planning.ask(uow.conn, which.workspace_id)
    return Replayed(len(done), dict(kept), more=len(letters) == MOST_AT_ONCE)
