"""A service has nothing left of a deleted workspace; when none has, whoever deleted it is told."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from libs.common.clock import utc_now
from libs.common.contracts import billing, enrich, ingest, sender
from libs.common.erasing import Erasing
from libs.common.logs import get_logger
from libs.common.uow import UnitOfWork
from services.gateway.belongings import BELONGINGS
from services.gateway.domain import notices
from services.gateway.repositories import deletions, mails

log = get_logger()

Answered = ingest.WorkspaceErased | enrich.WorkspaceErased | billing.WorkspaceErased | sender.WorkspaceErased
OURS: Final = "gateway"
SERVICES: Final = frozenset({"ingest", "enrich", "billing", "sender", OURS})


async def note_deletion(
    workspace_id: UUID, *, service: str, erased: Mapping[str, int], uow: UnitOfWork, now: datetime
) -> None:
    """Key: (workspace, service). The mail's key is the workspace: it is written once. What is said of a workspace that nobody
    has deleted is nobody's concern."""
    known = await deletions.lock(uow.conn, workspace_id)
    if known is None or known.notify is None:
        return
    done = await deletions.note_answer(uow.conn, workspace_id, service=service, erased=erased, now=now)
    if done < SERVICES:
        return
    words = notices.workspace_erased(deleted_at=known.deleted_at)
    await mails.queue(uow.conn, words, source=f"deletion:{workspace_id}", addresses=[known.notify], workspace_id=None)
    await deletions.finish(uow.conn, workspace_id, now=now)
    log.info("deletion.done", workspace_id=str(workspace_id))


def erasing() -> Erasing:
    """How the gateway erases a workspace: nothing of it runs, as nobody gets in."""
    return Erasing(BELONGINGS, prepare=_nothing_runs, also=_nothing_beside, done=_note_ours)


async def _nothing_runs(workspace_id: UUID, now: datetime) -> bool:
    del workspace_id, now
    return True


async def _nothing_beside(workspace_id: UUID) -> int:
    del workspace_id
    return 0


async def _note_ours(uow: UnitOfWork, workspace_id: UUID, erased: Mapping[str, int]) -> None:
    await note_deletion(workspace_id, service=OURS, erased=erased, uow=uow, now=utc_now())
