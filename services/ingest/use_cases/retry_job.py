"""Retry: the failed (degraded, not reached) rows of an ended list once more, as a job of their own that is laid over the list."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from libs.common.contracts.ingest import ResearchSpec
from libs.common.errors import Conflict
from libs.common.ids import new_id
from libs.common.uow import UnitOfWork
from services.ingest.domain.ceilings import check_ceiling
from services.ingest.domain.jobs import TERMINAL, Job, JobKind, JobState, Tally
from services.ingest.domain.progress import Pace
from services.ingest.domain.quotes import check_accepted, quote
from services.ingest.domain.specs import spec_hash
from services.ingest.domain.window import enrich_state
from services.ingest.repositories import enrich_replicas, job_logs, jobs, own_keys, prices, retries
from services.ingest.use_cases.find_repeated import find_repeated
from services.ingest.use_cases.turn_job import publish_state
from services.ingest.use_cases.write_job import write_job


@dataclass(frozen=True)
class RetryRequest:
    """What somebody asks for. `accept_degraded` is the list's unless it is said anew."""

    include_degraded: bool = True
    include_not_reached: bool = False
    accept_degraded: bool | None = None
    ceiling_credits: int | None = None

    def fingerprint_for(self, root_id: UUID) -> str:
        """Tells a second click from another request under the same key, or for the same list."""
        return spec_hash({**asdict(self), "retry_of": str(root_id)})


async def retry_job(
    uow: UnitOfWork,
    job_id: UUID,
    request: RetryRequest,
    *,
    workspace_id: UUID,
    user_id: UUID,
    idempotency_key: str | None,
    now: datetime,
) -> Job:
    """A retry that asks for its hold. Natural key: one live retry per list; a second click answers with that one.

    Asked of a retry, its list is meant. Raises NotFound; Conflict `job_running` while the list is under way,
    `retry_running` for another request while one is, `nothing_to_retry`, `not_a_list`, `idempotency_key_reused`,
    `providers_missing`, `concurrent_jobs_reached`; Invalid `ceiling_too_low`; Transient before there are prices, or a word
    from enrich.
    """
    asked = await jobs.load(uow.conn, job_id, workspace_id=workspace_id)
    root = await jobs.load(uow.conn, asked.family_id, workspace_id=workspace_id, in_turn=True)
    fingerprint = request.fingerprint_for(root.id)
    made = await made_before(uow, root, key=idempotency_key, fingerprint=fingerprint)
    if made is not None:
        return made
    check_ended(root)
    order = await retries.order_of(uow.conn, root.id)
    accepts = root.accept_degraded if request.accept_degraded is None else request.accept_degraded
    priced = await price_retry(uow, root, ceiling=request.ceiling_credits, accepts=accepts, now=now)
    retry = replace(priced, user_id=user_id)
    first = await write_job(
        uow,
        retry,
        user_id=user_id,
        idempotency_key=idempotency_key,
        fingerprint=fingerprint,
        mapping=order.mapping,
        spec=_spec(order.spec, accepts=accepts),
    )
    if first is not None:
        return first
    retry = await _sized(uow, retry, request)
    await job_logs.write(uow.conn, retry, user_id=user_id)
    publish_state(uow, retry)
    return retry


async def made_before(uow: UnitOfWork, root: Job, *, key: str | None, fingerprint: str) -> Job | None:
    """What an earlier click made: under the same key, or, while it is under way, by the same request."""
    known = await find_repeated(uow, fingerprint=fingerprint, workspace_id=root.workspace_id, key=key)
    if known is not None:
        return known
    live = await retries.live_retry(uow.conn, root.id)
    if live is not None and live[1] != fingerprint:
        msg = f"job {live[0].id} is retrying rows of this list already: wait for its end, or cancel it"
        raise Conflict(msg, code="retry_running", extra={"job_id": str(live[0].id)})
    return None if live is None else live[0]


def check_ended(root: Job) -> None:
    """Raises Conflict `not_a_list`; `job_running` for one that is under way."""
    if root.kind is not JobKind.LIST:
        msg = f"job {root.id} is a {root.kind.value}: only a list can be retried. Try its rows again instead."
        raise Conflict(msg, code="not_a_list", extra={"kind": root.kind.value})
    if root.state not in TERMINAL:
        msg = f"job {root.id} is {root.state.value}: its failed rows can be retried when it has ended"
        raise Conflict(msg, code="job_running", extra={"state": root.state.value})


async def price_retry(uow: UnitOfWork, root: Job, *, ceiling: int | None, accepts: bool, now: datetime) -> Job:
    """A retry at the present price of a row with the list's extra columns, without its rows yet.

    Raises Conflict `providers_missing`, Invalid `ceiling_too_low`; Transient before there are prices, or a word from enrich.
    """
    price = await prices.newest(uow.conn)
    order = await retries.order_of(uow.conn, root.id)
    per_row = price.row_with(len(order.spec["extra_columns"]))
    enrich = enrich_state(await enrich_replicas.announced(uow.conn), now=now)
    enrich = enrich.with_own(await own_keys.of(uow.conn, root.workspace_id))
    check_accepted(quote(rows=0, price=price, enrich=enrich), accept_degraded=accepts)
    check_ceiling(ceiling_credits=ceiling, credits_per_row=per_row)
    return Job(
        id=new_id(),
        workspace_id=root.workspace_id,
        upload_id=root.upload_id,
        filename=root.filename,
        state=JobState.RESERVING,
        rows_total=0,
        price_version=price.version,
        credits_per_row=per_row,
        credits_needed=0,
        created_at=now,
        state_changed_at=now,
        kind=JobKind.RETRY,
        root_id=root.id,
        free_rows=root.free_rows,
        ceiling_credits=ceiling,
        tally=Tally(),
        pace=Pace(),
        sandboxed=root.sandboxed or enrich.sandboxed,
        accept_degraded=accepts,
    )


async def _sized(uow: UnitOfWork, retry: Job, request: RetryRequest) -> Job:
    degraded, not_reached = request.include_degraded, request.include_not_reached
    wanted = await retries.lay_out(uow.conn, retry, include_degraded=degraded, include_not_reached=not_reached)
    if wanted.rows == 0:
        which = " or ".join(["failed", *["degraded"] * degraded, *["not reached"] * not_reached])
        more = "" if not_reached else " (rows that nobody got to are among them with include_not_reached: true)"
        msg = f"no row of job {retry.root_id} is {which}: there is nothing to retry{more}"
        raise Conflict(msg, code="nothing_to_retry", extra={"job_id": str(retry.root_id)})
    sized = replace(retry, rows_total=wanted.rows, credits_needed=(wanted.rows - wanted.free) * retry.credits_per_row)
    await retries.size(uow.conn, sized)
    return sized


def _spec(spec: Mapping[str, Any], *, accepts: bool) -> Mapping[str, Any]:
    """The list's spec: the same hash, unless something else is wanted of the rows."""
    if spec["accept_degraded"] == accepts:
        return spec
    content = {name: value for name, value in spec.items() if name != "hash"} | {"accept_degraded": accepts}
    return ResearchSpec.model_validate({**content, "hash": spec_hash(content)}).model_dump(mode="json")
