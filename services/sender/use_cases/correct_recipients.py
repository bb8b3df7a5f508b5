"""Rows of a published list have another line: they get it, unless they have been sent."""

from uuid import UUID

from libs.common.contracts.ingest import CorrectedLine, RecipientsCorrected
from libs.common.errors import Conflict
from libs.common.uow import UnitOfWork
from services.sender.repositories import corrections, lists


async def correct_recipients(event: RecipientsCorrected, *, uow: UnitOfWork, workspace_id: UUID) -> None:
    """Corrections may come in any order, more than once, and before the rows they are of. Key: (list, row, attempt, version).

    Raises Conflict `list_mismatch` when the list is another workspace's or has another number of parts.
    """
    found = await lists.open_list(
        uow.conn, list_id=event.list_id, workspace_id=workspace_id, name=event.list_name, parts=event.parts
    )
    if found == "deleted":
        return
    if found == "mismatch":
        msg = f"list {event.list_id} is known with another workspace or another number of parts than {event.parts}"
        raise Conflict(msg, code="list_mismatch")
    newer = await corrections.keep_newest(uow.conn, event.list_id, [_kept(line) for line in event.lines])
    more = await corrections.apply(uow.conn, event.list_id, newer)
    if more:
        await corrections.count_sandboxed(uow.conn, event.list_id, more=more)


def _kept(line: CorrectedLine) -> dict[str, object]:
    return {name: value.replace("\0", "") if isinstance(value, str) else value for name, value in line}
