"""Publish a finished list, part by part, to whoever sends mail: only rows that somebody can be written to."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from libs.common.contracts.ingest import Recipient, RecipientsPublished
from libs.common.logs import get_logger
from libs.common.storage import Storage
from libs.common.uow import OpenUow, UnitOfWork
from services.ingest.domain.jobs import Job
from services.ingest.domain.line_reviews import list_with
from services.ingest.domain.overlay import effective
from services.ingest.domain.recipients import CHUNKS_PER_PART, WRITABLE, parts_of, sources_of
from services.ingest.repositories import merges, published_lists, results
from services.ingest.repositories.merges import RecipientList
from services.ingest.repositories.results import StoredResult
from services.ingest.repositories.sheet_pages import Attempt
from services.ingest.segment_reading import read_chunk
from services.ingest.segments import ChunkRef
from services.ingest.use_cases.announce_corrections import announce_corrections
from services.ingest.use_cases.tell_recipients import recipients_of

log = get_logger()

JOBS_A_PAGE = 20


@dataclass(frozen=True)
class _Part:
    """Where the rows of a part lie; of those that nobody has published yet the outcome; and of those that an earlier list
    had, but this one's jobs did better, the outcome by that list."""

    refs: Sequence[ChunkRef]
    outcomes: dict[int, StoredResult] = field(default_factory=dict[int, StoredResult])
    corrected: dict[UUID, list[Attempt]] = field(default_factory=dict[UUID, list[Attempt]])


async def publish_recipients(job_id: UUID, *, open_uow: OpenUow, storage: Storage) -> None:
    """Publish what is left of the list. Each part is announced in the transaction that counts it: once, in order.

    Part n is the same rows whenever it is made, so whoever hears it twice can tell. With it goes what is to be corrected in
    the lists that had some of its rows before.
    """
    part_no, last_row = -1, 0
    while True:
        async with open_uow() as uow:
            found = await merges.next_part(uow.conn, job_id)
            if found is None:
                return
            after_row = last_row if found.published == part_no + 1 else None
            part = await _load_part(found, uow, after_row=after_row)
        part_no, last_row = found.published, part.refs[-1].first_row_no if part.refs else last_row
        people = await _people(found, part, storage=storage)
        async with open_uow() as uow:
            if not await merges.note_published(uow.conn, found):
                return
            uow.publish(_event(found, people), tenant_id=found.workspace_id, correlation_id=job_id)
            await announce_corrections(uow, part.corrected, workspace_id=found.workspace_id)


async def plan_list(uow: UnitOfWork, job: Job) -> None:
    """Note how many parts the list of a completed job has: of all its rows, and of what its family delivered without a list."""
    sources, _ = sources_of(await published_lists.family_so_far(uow.conn, job.id))
    count = await published_lists.count_places(uow.conn, sources)
    await merges.plan_recipients(uow.conn, job.id, parts=parts_of(count))


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


async def _load_part(found: RecipientList, uow: UnitOfWork, *, after_row: int | None) -> _Part:
    family = await published_lists.family_so_far(uow.conn, found.job_id)
    sources, before = sources_of(family)
    refs = await published_lists.places(
        uow.conn, sources, after_row=after_row, skip=found.published * CHUNKS_PER_PART, limit=CHUNKS_PER_PART
    )
    row_nos = [row_no for ref in refs for row_no in range(ref.first_row_no, ref.first_row_no + ref.row_count)]
    by_row: dict[int, list[Attempt]] = {}
    for job_id, result in await results.of_rows(uow.conn, [*before, *sources], row_nos, briefly=True):
        by_row.setdefault(result.row_no, []).append(Attempt(job_id, result))
    part = _Part(refs)
    for row_no, attempts in by_row.items():
        delivered_by = {one.job_id for one in attempts if one.job_id in before and one.status in WRITABLE}
        list_id = list_with(family[: len(before)], delivered_by)
        mine = [one for one in attempts if one.job_id in sources]
        if list_id is None and mine:
            part.outcomes[row_no] = effective(mine).result
        elif list_id is not None and (shown := effective(attempts)).job_id in sources:
            part.corrected.setdefault(list_id, []).append(shown)
    return part


async def _people(found: RecipientList, part: _Part, *, storage: Storage) -> list[Recipient]:
    rows = [row for ref in part.refs for row in await read_chunk(storage, ref) if row.row_no in part.outcomes]
    return recipients_of(
        rows,
        part.outcomes,
        mapping=found.mapping,
        columns=found.columns,
        extras=found.extras,
        sandboxed=found.sandboxed,
    )


def _event(found: RecipientList, people: list[Recipient]) -> RecipientsPublished:
    return RecipientsPublished(
        list_id=found.job_id,
        list_name=found.filename,
        part_no=found.published,
        parts=found.parts,
        recipients=people,
    )
