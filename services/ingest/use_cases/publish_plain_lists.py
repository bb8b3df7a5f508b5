"""Publish lists that were made of uploads as they are, part by part, to whoever sends mail."""

from collections.abc import Collection
from uuid import UUID

from libs.common.contracts.ingest import RecipientsPublished
from libs.common.logs import get_logger
from libs.common.storage import Storage
from libs.common.uow import OpenUow
from services.ingest import metrics
from services.ingest.domain.plain_lists import Plain
from services.ingest.repositories import plain_lists
from services.ingest.segment_reading import read_chunk
from services.ingest.use_cases.tell_recipients import recipients_of

log = get_logger()

PARTS_A_TURN = 25
LISTS_AT_ONCE = 50


async def publish_plain_lists(*, open_uow: OpenUow, storage: Storage) -> None:
    """Publish what is left of every list. Each part is announced in the transaction that counts it: once, in order.

    Lists take turns of 25 parts, so that a short one does not wait for a long one; memory stays at one part. One that
    cannot be published keeps none waiting. Raises the first such failure when all others are published.
    """
    failures: dict[UUID, Exception] = {}
    while waiting := await _waiting(open_uow, but=failures.keys()):
        for list_id in waiting:
            try:
                await _turn(list_id, open_uow=open_uow, storage=storage)
            except Exception as error:
                log.warning("list.not_published", list_id=str(list_id), error=f"{type(error).__name__}: {error}")
                failures[list_id] = error
    for error in failures.values():
        raise error


async def _waiting(open_uow: OpenUow, *, but: Collection[UUID]) -> list[UUID]:
    async with open_uow() as uow:
        found = await plain_lists.unpublished(uow.conn, limit=LISTS_AT_ONCE + len(but))
    return [list_id for list_id in found if list_id not in but]


async def _turn(list_id: UUID, *, open_uow: OpenUow, storage: Storage) -> None:
    for _ in range(PARTS_A_TURN):
        async with open_uow() as uow:
            part = await plain_lists.next_part(uow.conn, list_id)
        if part is None:
            return
        found = part.found
        rows = [row for ref in part.refs for row in await read_chunk(storage, ref)]
        outcomes = {row.row_no: Plain() for row in rows}
        event = RecipientsPublished(
            list_id=found.id,
            list_name=found.name,
            part_no=found.parts_published,
            parts=found.parts,
            recipients=recipients_of(
                rows, outcomes, mapping=found.mapping, columns=part.columns, sandboxed=found.sandboxed
            ),
        )
        async with open_uow() as uow:
            if not await plain_lists.note_published(uow.conn, found):
                return
            uow.publish(event, tenant_id=found.workspace_id, correlation_id=found.id)
        if found.parts_published + 1 == found.parts:
            metrics.PLAIN_LISTS.labels("published").inc()
