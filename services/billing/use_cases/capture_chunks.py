"""Chunks that were delivered and heard of together: charged one after the other, as each alone would be, and written once."""

from collections.abc import AsyncGenerator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from libs.common.uow import UnitOfWork
from services.billing.domain.credits.postings import Subject
from services.billing.domain.credits.settling import capture
from services.billing.repositories.credits.memory import Memory
from services.billing.repositories.credits.sitting import Sitting, sit
from services.billing.use_cases.capture_chunk import announce


@dataclass(frozen=True)
class Capturing:
    """The accounts are locked, and their holds and earlier captures are loaded."""

    sitting: Sitting
    uow: UnitOfWork

    def capture_chunk(self, subject: Subject, chunk_no: int, *, earned: int, workspace_id: UUID, actor: str) -> None:
        """Key: `capture:<subject>:<chunk>`, with its credits, for ever. Raises Alone where `capture_chunk` has to do it, and
        what that raises."""
        books = self.sitting.books(workspace_id, spending=False)
        hold = self.sitting.hold(subject, workspace_id=workspace_id)
        before = self.sitting.captured(subject, chunk_no)
        decision = capture(books, hold, subject=subject, chunk_no=chunk_no, earned=earned, before=before)
        if before is None:
            announce(decision, earned=earned, uow=self.uow)
            self.sitting.capture(subject, chunk_no, earned)
        self.sitting.decided(decision, actor=actor)


@asynccontextmanager
async def capture_chunks(
    about: Collection[tuple[UUID, Subject, int]], *, uow: UnitOfWork, now: datetime, memory: Memory
) -> AsyncGenerator[Capturing]:
    """Charge these chunks of these workspaces' subjects; all is written when the transaction ends."""
    subjects = [(workspace_id, subject) for workspace_id, subject, _ in about]
    keys = [(subject, chunk_no) for _, subject, chunk_no in about]
    sitting = await sit(uow.conn, subjects, captured=keys)
    yield Capturing(sitting, uow)
    uow.write_last(sitting.writings(heard_at=now))
    uow.when_committed(sitting.count)
    uow.when_committed(lambda: memory.keep(sitting))
