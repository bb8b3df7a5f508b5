"""Requests for credits that have arrived together: decided one after the other, as each alone would be, and written once."""

from collections.abc import AsyncGenerator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from libs.common.uow import UnitOfWork
from services.billing.domain.credits.placing import HoldRequest, place
from services.billing.domain.credits.postings import Subject
from services.billing.repositories.credits.memory import Memory
from services.billing.repositories.credits.sitting import Sitting, sit
from services.billing.use_cases.place_hold import answer


@dataclass(frozen=True)
class Placing:
    """The accounts are locked, and what is asked about them is loaded."""

    sitting: Sitting
    uow: UnitOfWork
    now: datetime

    def place_hold(self, request: HoldRequest, *, workspace_id: UUID, actor: str) -> None:
        """Key: `hold:<subject>`, answered as `place_hold` does. Raises Alone where that has to do it, and what it raises."""
        books = self.sitting.books(workspace_id, spending=True)
        before = self.sitting.hold(request.subject, workspace_id=workspace_id)
        decision = place(books, before, request, now=self.now)
        answer(decision.hold, before=before, uow=self.uow)
        self.sitting.decided(decision, actor=actor)


@asynccontextmanager
async def place_holds(
    about: Collection[tuple[UUID, Subject]],
    *,
    uow: UnitOfWork,
    now: datetime,
    memory: Memory,
    remembered: Sitting | None = None,
) -> AsyncGenerator[Placing]:
    """Decide on requests of these workspaces for these subjects; all is written when the transaction ends. With what is
    `remembered` of the accounts nothing is looked up; where that is wrong, or one of the subjects was heard of before, the
    writing fails."""
    sitting = remembered or await sit(uow.conn, about)
    yield Placing(sitting, uow, now)
    uow.write_last(sitting.writings(heard_at=now))
    if remembered:
        uow.when_sent(lambda: memory.lend(sitting))
    uow.when_committed(sitting.count)
    uow.when_committed(lambda: memory.keep(sitting))
