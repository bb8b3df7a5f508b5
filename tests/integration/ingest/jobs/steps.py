"""What the tests do to ingest: upload, create, deliver events, dispatch, look. Handlers are the real ones, on real tables."""

import functools
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import select, text

from libs.common.clock import utc_now
from libs.common.contracts.billing import (
    EntitlementsChanged,
    HoldDeclined,
    HoldPlaced,
    HoldQuestioned,
    HoldRaised,
    HoldRaiseDeclined,
    PricesChanged,
)
from libs.common.contracts.catalogue import BY_ROUTING_KEY
from libs.common.contracts.enrich import (
    CapacityAnnounced,
    ChunkEnriched,
    ChunkFailed,
    ChunkReturned,
    ProviderExhausted,
    ProviderKeysChanged,
    ProviderRecovered,
)
from libs.common.contracts.envelope import Envelope, Event
from libs.common.contracts.gateway import LeadErased, WorkspaceCreated, WorkspaceDeleted
from libs.common.contracts.ingest import ChunkCreated, JobMerging
from libs.common.contracts.research import Receipt, Research, RowResult, RowStatus
from libs.common.ids import new_id
from libs.common.storage import Storage
from libs.common.uow import Message, UnitOfWorkFactory, current_message
from services.ingest import job_handlers
from services.ingest.domain.jobs import Job
from services.ingest.repositories import jobs, uploads
from services.ingest.resources import Resources
from services.ingest.segments import Cell, ChunkRef, encode_chunk, encode_row
from services.ingest.settings import IngestSettings
from services.ingest.tables import COMMON, chunks, lead_keys, results
from services.ingest.tables import uploads as uploads_table
from services.ingest.use_cases.close_rows import close_rows
from services.ingest.use_cases.create_job import JobRequest, create_job
from services.ingest.use_cases.dispatch_chunks import dispatch_chunks
from services.ingest.use_cases.merge_results import merge_results
from services.ingest.use_cases.publish_recipients import publish_recipients
from services.ingest.use_cases.retry_job import RetryRequest, retry_job
from services.ingest.use_cases.try_rows import TrialRequest, try_rows

E = TypeVar("E", bound=Event)
Handler = Callable[..., Awaitable[None]]

IN_ONE_TRANSACTION: dict[type[Event], tuple[str, Handler]] = {
    WorkspaceCreated: ("ingest.open_workspace", job_handlers.open_workspace),
    WorkspaceDeleted: ("ingest.delete_workspace", job_handlers.delete_workspace),
    LeadErased: ("ingest.erase_lead", job_handlers.erase_lead),
    EntitlementsChanged: ("ingest.note_entitlements", job_handlers.note_entitlements),
    PricesChanged: ("ingest.update_prices", job_handlers.update_prices),
    HoldPlaced: ("ingest.apply_hold_answer", job_handlers.apply_hold_answer),
    HoldDeclined: ("ingest.apply_hold_answer", job_handlers.apply_hold_answer),
    HoldRaised: ("ingest.apply_raise_answer", job_handlers.apply_raise_answer),
    HoldRaiseDeclined: ("ingest.apply_raise_answer", job_handlers.apply_raise_answer),
    HoldQuestioned: ("ingest.answer_question", job_handlers.answer_question),
    ChunkEnriched: ("ingest.record_results", job_handlers.record_results),
    ChunkReturned: ("ingest.take_back_chunk", job_handlers.take_back_chunk),
    ChunkFailed: ("ingest.fail_chunk", job_handlers.fail_chunk),
    ProviderExhausted: ("ingest.apply_provider_state", job_handlers.apply_provider_state),
    ProviderRecovered: ("ingest.apply_provider_state", job_handlers.apply_provider_state),
    ProviderKeysChanged: ("ingest.note_own_keys", job_handlers.note_own_keys),
}
COLUMNS = ("Email", "First name", "Company")
MAPPING = {"email": 0, "first_name": 1, "company": 2}


def sheet(rows: int) -> list[list[Cell]]:
    return [[f"lead{n}@acme.example", f"Lead{n}", f"Acme {n}"] for n in range(1, rows + 1)]


@dataclass
class Inboxed:
    """Collects what would have gone to the broker."""

    envelopes: list[Envelope] = field(default_factory=list[Envelope])
    error: Exception | None = None

    async def publish_event(self, routing_key: str, body: bytes, *, message_id: str) -> None:
        if self.error is not None:
            raise self.error
        envelope = Envelope.model_validate_json(body)
        assert (routing_key, message_id) == (envelope.routing_key(), str(envelope.id))
        self.envelopes.append(envelope)

    @property
    def chunks(self) -> list[ChunkCreated]:
        return [ChunkCreated.model_validate(envelope.data) for envelope in self.envelopes]


class Ingest:
    """One workspace's view of ingest, and the other services' part in the talk."""

    def __init__(self, open_uow: UnitOfWorkFactory, storage: Storage) -> None:
        self.open_uow = open_uow
        self.storage = storage
        self.workspace_id = new_id()
        self.user_id = new_id()
        self.broker = Inboxed()

    # -- making things -------------------------------------------------------------------------------------------

    async def upload(self, sizes: Sequence[int] = (3, 2), *, rows: Sequence[Sequence[Cell]] | None = None) -> UUID:
        """A ready upload whose chunks have these sizes."""
        upload_id, cells = new_id(), rows or sheet(sum(sizes))
        key, members, refs, first = f"uploads/{upload_id}/segments/000000", b"", list[ChunkRef](), 1
        for number, size in enumerate(sizes):
            member = encode_chunk(encode_row(row) for row in cells[first - 1 : first - 1 + size])
            refs.append(ChunkRef(number, first, size, key, len(members), len(member)))
            members, first = members + member, first + size
        await self.storage.put(key, members)
        columns = [{"index": i, "name": name, "header": name, "type": "text"} for i, name in enumerate(COLUMNS)]
        async with self.open_uow() as uow:
            await uow.conn.execute(
                uploads_table.insert().values(
                    id=upload_id,
                    workspace_id=self.workspace_id,
                    user_id=self.user_id,
                    filename="leads.csv",
                    state="ready",
                    size_bytes=1,
                    received_bytes=1,
                    sha256="0",
                    storage_key="uploads/x/file",
                    kind="csv",
                    reading={"encoding": "utf-8", "delimiter": ",", "sheet": None, "header_row": 1},
                    columns=columns,
                    sample=[],
                    mapping=MAPPING,
                    row_count=sum(sizes),
                    read_at=utc_now(),
                )
            )
            await uploads.save_chunks(uow.conn, upload_id, refs)
        return upload_id

    async def create(self, upload_id: UUID, *, key: str | None = None, **more: Any) -> Job:
        """A job that reserves its credits."""
        await self.have_known_enrich()
        async with self.open_uow() as uow:
            return await create_job(
                uow,
                JobRequest(upload_id=upload_id, **more),
                workspace_id=self.workspace_id,
                user_id=self.user_id,
                idempotency_key=key,
                now=utc_now(),
            )

    async def same_leads(self, upload_id: UUID, leads: Sequence[int]) -> None:
        """The sheet has been checked: rows with the same number are the same lead."""
        async with self.open_uow() as uow:
            await uow.conn.execute(
                lead_keys.insert(),
                [
                    {"upload_id": upload_id, "row_no": n, "workspace_id": self.workspace_id, "key_hash": lead}
                    for n, lead in enumerate(leads, start=1)
                ],
            )

    async def try_rows(self, upload_id: UUID, row_nos: Sequence[int], *, key: str | None = None, **more: Any) -> Job:
        """A trial of these rows."""
        await self.have_known_enrich()
        per_day = more.pop("rows_per_day", 30)
        async with self.open_uow() as uow:
            return await try_rows(
                uow,
                TrialRequest(upload_id=upload_id, row_nos=tuple(row_nos), **more),
                workspace_id=self.workspace_id,
                user_id=self.user_id,
                idempotency_key=key,
                rows_per_day=per_day,
                now=utc_now(),
            )

    async def have_known_enrich(self) -> None:
        """A replica has announced itself, long ago: nothing is missing, and nobody is live by that."""
        await self.execute(
            "INSERT INTO ingest.enrich_replicas (id, rows_capacity, rows_in_flight, outbox_pending, missing_providers,"
            " sandboxed, seen_at) VALUES (:id, 0, 0, 0, '[]', false, now() - interval '1 hour') ON CONFLICT DO NOTHING",
            id=UUID(int=0),
        )

    async def processing(self, sizes: Sequence[int] = (3, 2)) -> UUID:
        """A job at work."""
        job = await self.create(await self.upload(sizes))
        await self.deliver(HoldPlaced(job_id=job.id, credits=sum(sizes)))
        return job.id

    async def queued(self, sizes: Sequence[int] = (3, 2)) -> UUID:
        """A job at work, each of its chunks dispatched once."""
        job_id = await self.processing(sizes)
        await self.announce(rows=10_000)
        assert await self.dispatch() == len(sizes)
        return job_id

    # -- what others say -----------------------------------------------------------------------------------------

    async def deliver(self, event: Event, *, id_: UUID | None = None, workspace_id: UUID | None = None) -> None:
        """As the bus edge does it: the inbox row and the handler's effect in one transaction."""
        queue, handler = IN_ONE_TRANSACTION[type(event)]
        message = self.message(event, queue, id_=id_, workspace_id=workspace_id)
        token = current_message.set(message)
        try:
            async with self.open_uow() as uow:
                if await uow.record_inbox(message):
                    await handler(event, uow=uow, message=message)
        finally:
            current_message.reset(token)

    def message(
        self, event: Event, queue: str, *, id_: UUID | None = None, workspace_id: UUID | None = None
    ) -> Message:
        envelope = Envelope(
            id=id_ or new_id(),
            type=event.type,
            version=event.version,
            source=event.source(),
            occurred_at=utc_now(),
            tenant_id=workspace_id or self.workspace_id,
            data=event.model_dump(mode="json"),
        )
        return Message(queue, envelope)

    async def announce(
        self, *, rows: int, in_flight: int = 0, pending: int = 0, replica: UUID | None = None, **more: Any
    ) -> UUID:
        """A replica of enrich says what it can hold."""
        event = CapacityAnnounced(
            replica_id=replica or new_id(),
            rows_capacity=rows,
            rows_in_flight=in_flight,
            outbox_pending=pending,
            **more,
        )
        message = self.message(event, "ingest.note_capacity")
        await job_handlers.note_capacity(event, message=message, open_uow=self.open_uow)
        return event.replica_id

    async def dispatch(self) -> int:
        return await dispatch_chunks(open_uow=self.open_uow, storage=self.storage, publisher=self.broker)

    async def forget_inbox(self) -> None:
        async with self.open_uow() as uow:
            await uow.conn.execute(COMMON.inbox.delete())

    async def merge(self, job_id: UUID, *, id_: UUID | None = None) -> None:
        """As the bus edge does it for a use case that calls out, with the real export."""
        event = JobMerging(job_id=job_id)
        message = self.message(event, "ingest.merge_results", id_=id_)
        await merge_results(event, message=message, open_uow=self.open_uow, resources=self.resources)

    @functools.cached_property
    def resources(self) -> Resources:
        settings = IngestSettings.model_construct(export_memory_bytes=1024**3)
        return Resources(settings=settings, storage=self.storage)

    async def close_rows(self, job_id: UUID) -> Job:
        """What the merge of a finished job begins with; answers the job."""
        await close_rows(job_id, workspace_id=self.workspace_id, open_uow=self.open_uow)
        return await self.job(job_id)

    async def retry(self, job_id: UUID, *, key: str | None = None, **more: Any) -> Job:
        """A click on Retry."""
        async with self.open_uow() as uow:
            return await retry_job(
                uow,
                job_id,
                RetryRequest(**more),
                workspace_id=self.workspace_id,
                user_id=self.user_id,
                idempotency_key=key,
                now=utc_now(),
            )

    async def publish_list(self, job_id: UUID) -> None:
        await publish_recipients(job_id, open_uow=self.open_uow, storage=self.storage)

    # -- looking -------------------------------------------------------------------------------------------------

    async def job(self, job_id: UUID) -> Job:
        async with self.open_uow() as uow:
            return await jobs.load(uow.conn, job_id, workspace_id=self.workspace_id)

    async def chunk_rows(self, job_id: UUID) -> list[Any]:
        async with self.open_uow() as uow:
            found = await uow.conn.execute(select(chunks).where(chunks.c.job_id == job_id).order_by(chunks.c.chunk_no))
            return list(found)

    async def chunk_states(self, job_id: UUID) -> list[str]:
        return [chunk.state for chunk in await self.chunk_rows(job_id)]

    async def result_rows(self, job_id: UUID) -> list[Any]:
        async with self.open_uow() as uow:
            found = await uow.conn.execute(select(results).where(results.c.job_id == job_id).order_by(results.c.row_no))
            return list(found)

    async def said(self, kind: type[E]) -> list[E]:
        """Every event of a kind in the outbox, in order."""
        async with self.open_uow() as uow:
            query = select(COMMON.outbox.c.body).order_by(COMMON.outbox.c.created_at, COMMON.outbox.c.id)
            bodies = (await uow.conn.execute(query)).scalars().all()
        envelopes = [Envelope.model_validate_json(body) for body in bodies]
        found = [(BY_ROUTING_KEY[e.routing_key()], e.data) for e in envelopes]
        return [kind.model_validate(data) for event, data in found if event is kind]

    async def all_said(self) -> list[tuple[str, dict[str, Any]]]:
        """Type and data of everything in the outbox, without ids."""
        async with self.open_uow() as uow:
            bodies = (await uow.conn.execute(select(COMMON.outbox.c.body))).scalars().all()
        envelopes = [Envelope.model_validate_json(body) for body in bodies]
        return sorted(((e.type, e.data) for e in envelopes), key=repr)

    async def execute(self, sql: str, **values: Any) -> None:
        async with self.open_uow() as uow:
            await uow.conn.execute(text(sql), values)

    async def snapshot(self) -> dict[str, list[Any]]:
        """Everything ingest has to say about jobs, for comparing before and after."""
        queries = {
            "jobs": "SELECT id, state, version, epoch, reason, rows_enriched, rows_degraded, rows_failed, rows_skipped,"
            " chunks_answered, credits_total, recipient_parts, recipient_parts_published FROM ingest.jobs ORDER BY id",
            "chunks": "SELECT job_id, chunk_no, state, dispatch_no, epoch, credits, error FROM ingest.chunks ORDER BY 1, 2",
            "results": "SELECT job_id, row_no, status, line FROM ingest.results ORDER BY 1, 2",
            "log": "SELECT job_id, job_version, state FROM ingest.job_log ORDER BY 1, 2, 3",
            "providers": "SELECT account, counter, exhausted FROM ingest.provider_states ORDER BY 1",
            "own_keys": "SELECT workspace_id, providers, change_no FROM ingest.own_keys ORDER BY 1",
            "prices": "SELECT version, credits_per_row FROM ingest.price_lists ORDER BY 1",
            "erasures": "SELECT id, workspace_id, email, done_at FROM ingest.erasures ORDER BY 1",
            "entitlements": "SELECT * FROM ingest.entitlements ORDER BY 1",
            "usage_days": "SELECT * FROM ingest.usage_days ORDER BY 1, 2, 3",
            "usage_calls": "SELECT * FROM ingest.usage_calls ORDER BY 1, 2, 3, 4, 5",
            "workspaces": "SELECT id, name FROM ingest.workspaces ORDER BY 1",
            "deleted": "SELECT workspace_id FROM ingest.deleted_workspaces ORDER BY 1",
        }
        async with self.open_uow() as uow:
            return {name: list(await uow.conn.execute(text(sql))) for name, sql in queries.items()}


def result(row_no: int, status: RowStatus = "enriched", *, line: str = "Hello", sandboxed: bool = False) -> RowResult:
    research = Research(as_of=utc_now(), sandboxed=sandboxed) if status == "enriched" else None
    reason = None if status == "enriched" else "no_evidence"
    receipt = Receipt(sandboxed=sandboxed)
    return RowResult(row_no=row_no, status=status, research=research, line=line, reason=reason, receipt=receipt)


def answer(
    job_id: UUID,
    chunk_no: int,
    rows: Sequence[int] | Sequence[RowResult],
    *,
    epoch: int = 0,
    dispatch_no: int = 1,
    status: RowStatus = "enriched",
) -> ChunkEnriched:
    found = [row if isinstance(row, RowResult) else result(row, status) for row in rows]
    return ChunkEnriched(job_id=job_id, chunk_no=chunk_no, epoch=epoch, dispatch_no=dispatch_no, results=found)


def returned(
    job_id: UUID, chunk_no: int, *, epoch: int = 0, dispatch_no: int = 1, reason: str = "paused", after_s: float = 0
) -> ChunkReturned:
    return ChunkReturned.model_validate(
        {
            "job_id": job_id,
            "chunk_no": chunk_no,
            "epoch": epoch,
            "dispatch_no": dispatch_no,
            "reason": reason,
            "retry_at": utc_now() + timedelta(seconds=after_s),
        }
    )


def failed(job_id: UUID, chunk_no: int, *, epoch: int = 0, dispatch_no: int = 1) -> ChunkFailed:
    return ChunkFailed(job_id=job_id, chunk_no=chunk_no, epoch=epoch, dispatch_no=dispatch_no, error="gave up")


def exhausted(counter: int, *, account: str = "serper", workspace_id: UUID | None = None) -> ProviderExhausted:
    return ProviderExhausted(
        account=account,
        provider=account.split(":", 1)[0],
        workspace_id=workspace_id,
        counter=counter,
        reason="day_limit",
        message="the day's searches are used up",
    )


def keys_changed(change_no: int, *providers: str, workspace_id: UUID) -> ProviderKeysChanged:
    return ProviderKeysChanged(workspace_id=workspace_id, providers=list(providers), change_no=change_no)


def recovered(counter: int, *, account: str = "serper", workspace_id: UUID | None = None) -> ProviderRecovered:
    provider = account.split(":", 1)[0]
    return ProviderRecovered(account=account, provider=provider, workspace_id=workspace_id, counter=counter)
