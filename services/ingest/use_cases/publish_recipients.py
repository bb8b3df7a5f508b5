"""Publish a finished list, part by part, to whoever sends mail: only rows that somebody can be written to."""

from collections.abc import Sequence
from uuid import UUID

from libs.common.contracts.ingest import Recipient, RecipientsPublished
from libs.common.logs import get_logger
from libs.common.storage import Storage
from libs.common.uow import OpenUow, UnitOfWork
from services.ingest.domain.recipients import CHUNKS_PER_PART, recipient_of
from services.ingest.repositories import chunks, merges, results
from services.ingest.repositories.merges import RecipientList
from services.ingest.repositories.results import StoredResult
from services.ingest.segments import ChunkRef, read_chunk, text_of

log = get_logger()

JOBS_A_PAGE = 20


async def publish_recipients(job_id: UUID, *, open_uow: OpenUow, storage: Storage) -> None:
    """Publish what is left of the list. Each part is announced in the transaction that counts it: once, in order.

    Part n is the same rows whenever it is made, so whoever hears it twice can tell.
    """
    while True:
        async with open_uow() as uow:
            found = await merges.next_part(uow.conn, job_id)
            if found is None:
                return
            refs, outcomes = await _load_part(found, uow)
        people = await _people(found, refs, outcomes, storage=storage)
        async with open_uow() as uow:
            if not await merges.note_published(uow.conn, found):
                return
            uow.publish(_event(found, people), tenant_id=found.workspace_id, correlation_id=job_id)


async def publish_unfinished_lists(*, open_uow: OpenUow, storage: Storage) -> None:
    """Go on with lists whose publisher died on the way.

    One that cannot be published keeps none behind it waiting. Raises the first such failure when all have had their turn.
    """
    failures: list[Exception] = []
    after: UUID | None = None
    while waiting := await _unpublished(open_uow, after=after):
        for job_id in waiting:
            try:
                await publish_recipients(job_id, open_uow=open_uow, storage=storage)
            except Exception as error:
                log.warning("list.not_published", job_id=str(job_id), error=f"{type(error).__name__}: {error}")
                failures.append(error)
        after = waiting[-1]
    if failures:
        raise failures[0]


async def _unpublished(open_uow: OpenUow, *, after: UUID | None) -> list[UUID]:
    async with open_uow() as uow:
        return await merges.unpublished(uow.conn, after=after, limit=JOBS_A_PAGE)


async def _load_part(found: RecipientList, uow: UnitOfWork) -> tuple[list[ChunkRef], dict[int, StoredResult]]:
    first = found.published * CHUNKS_PER_PART
    refs = await chunks.refs(uow.conn, found.job_id, after=first - 1, limit=CHUNKS_PER_PART)
    if not refs:
        return [], {}
    rows = sum(ref.row_count for ref in refs)
    page = await results.page(uow.conn, found.job_id, after=refs[0].first_row_no - 1, limit=rows)
    return refs, {result.row_no: result for result in page}


async def _people(
    found: RecipientList, refs: Sequence[ChunkRef], outcomes: dict[int, StoredResult], *, storage: Storage
) -> list[Recipient]:
    people: list[Recipient] = []
    for ref in refs:
        for row in await read_chunk(storage, ref):
            outcome = outcomes.get(row.row_no)
            if outcome is None:
                continue
            person = recipient_of(
                row_no=row.row_no,
                cells=[text_of(cell) for cell in row.cells],
                mapping=found.mapping,
                status=outcome.status,
                line=outcome.line,
                sandboxed=found.sandboxed or outcome.is_sandboxed,
            )
            if person is not None:
                people.append(
                    Recipient.model_validate(
                        {
                            "row_no": person.row_no,
                            "email": person.email,
                            "line": person.line,
                            "status": person.status,
                            "sandboxed": person.sandboxed,
                            **person.fields,
                        }
                    )
                )
    return people


def _event(found: RecipientList, people: list[Recipient]) -> RecipientsPublished:
    return RecipientsPublished(
        list_id=found.job_id,
        list_name=found.filename,
        part_no=found.published,
        parts=found.parts,
        recipients=people,
    )
