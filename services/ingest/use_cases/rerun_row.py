"""Work on one row of an ended list once more, with other wishes for its line if so asked: a retry of that row alone."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from libs.common.contracts.ingest import ResearchSpec
from libs.common.errors import NotFound
from libs.common.uow import UnitOfWork
from services.ingest.domain.jobs import Job
from services.ingest.domain.line_options import check_forbidden, check_language, check_line_rules, columns_told
from services.ingest.domain.specs import spec_hash
from services.ingest.repositories import families, job_logs, jobs, laying_out, retries, sheet_pages, uploads
from services.ingest.use_cases.retry_job import check_ended, made_before, price_retry
from services.ingest.use_cases.turn_job import publish_state
from services.ingest.use_cases.write_job import write_job

_ENRICHED = "enriched"


@dataclass(frozen=True)
class RerunRequest:
    """Which row, and what is wished otherwise than in the list: what is None stays as it was ordered."""

    row_no: int
    tone: str | None = None
    language: str | None = None
    max_words: int | None = None
    offer: str | None = None
    forbidden_words: tuple[str, ...] | None = None
    line_rules: str | None = None
    accept_degraded: bool | None = None

    @property
    def wishes(self) -> dict[str, Any]:
        """What is to be otherwise in the spec."""
        told = {name: value for name, value in asdict(self).items() if name != "row_no" and value is not None}
        return told | ({"forbidden_words": list(self.forbidden_words)} if self.forbidden_words is not None else {})

    def fingerprint_for(self, root_id: UUID) -> str:
        """Tells a second click from another request under the same key, or for the same list."""
        return spec_hash({**asdict(self), "rerun_of": str(root_id)})


@dataclass(frozen=True)
class RerunQuote:
    """What another go at a row costs when it comes out enriched; otherwise nothing. `status` is what the row is now."""

    row_no: int
    status: str
    credits: int
    price_version: int
    sandboxed: bool


async def quote_rerun(
    uow: UnitOfWork, job_id: UUID, request: RerunRequest, *, workspace_id: UUID, now: datetime
) -> RerunQuote:
    """The price of another go at a row, at the present price list. Raises what `rerun_row` raises."""
    asked = await jobs.load(uow.conn, job_id, workspace_id=workspace_id)
    root = await jobs.load(uow.conn, asked.family_id, workspace_id=workspace_id)
    check_ended(root)
    status = await _status(uow, root, request.row_no)
    return _quote(await _new_retry(uow, root, request, status=status, now=now), request, status=status)


async def rerun_row(
    uow: UnitOfWork,
    job_id: UUID,
    request: RerunRequest,
    *,
    workspace_id: UUID,
    user_id: UUID,
    idempotency_key: str | None,
    now: datetime,
) -> tuple[Job, RerunQuote]:
    """A retry of one row that asks for its hold, and what it costs. What it delivers is laid over the list.

    A second click, or the same key, answers with the same one. Raises NotFound `unknown_job`, `unknown_row`; Conflict
    `job_running`, `retry_running`, `not_a_list`, `idempotency_key_reused`, `providers_missing`,
    `concurrent_jobs_reached`; Invalid for a wish that cannot be; Transient before there are prices, or a word from enrich.
    """
    asked = await jobs.load(uow.conn, job_id, workspace_id=workspace_id)
    root = await jobs.load(uow.conn, asked.family_id, workspace_id=workspace_id, in_turn=True)
    check_ended(root)
    status = await _status(uow, root, request.row_no)
    fingerprint = request.fingerprint_for(root.id)
    made = await made_before(uow, root, key=idempotency_key, fingerprint=fingerprint)
    if made is not None:
        return made, _quote(made, request, status=status)
    order = await retries.order_of(uow.conn, root.id)
    retry = replace(await _new_retry(uow, root, request, status=status, now=now), user_id=user_id)
    first = await write_job(
        uow,
        retry,
        user_id=user_id,
        idempotency_key=idempotency_key,
        fingerprint=fingerprint,
        mapping=order.mapping,
        spec=await _spec(uow, root, request, ordered=order.spec),
    )
    if first is not None:
        return first, _quote(first, request, status=status)
    await laying_out.lay_out_chosen(uow.conn, retry, [request.row_no])
    await job_logs.write(uow.conn, retry, user_id=user_id)
    publish_state(uow, retry)
    return retry, _quote(retry, request, status=status)


async def _status(uow: UnitOfWork, root: Job, row_no: int) -> str:
    family = await families.members(uow.conn, root.id)
    shown = (await sheet_pages.attempts_at(uow.conn, family, [row_no])).get(row_no)
    if shown is None:
        msg = f"job {root.id} has no outcome for row {row_no}: rows that nobody got to are taken up by a retry"
        raise NotFound(msg, code="unknown_row")
    return shown.status


async def _new_retry(uow: UnitOfWork, root: Job, request: RerunRequest, *, status: str, now: datetime) -> Job:
    """One row at the present price. A row that was delivered is charged again, also one that was tried for nothing before."""
    accepts = root.accept_degraded if request.accept_degraded is None else request.accept_degraded
    retry = await price_retry(uow, root, ceiling=None, accepts=accepts, now=now)
    free = () if status == _ENRICHED else tuple(row_no for row_no in root.free_rows if row_no == request.row_no)
    return replace(retry, rows_total=1, free_rows=free, credits_needed=0 if free else retry.credits_per_row)


def _quote(retry: Job, request: RerunRequest, *, status: str) -> RerunQuote:
    return RerunQuote(request.row_no, status, retry.credits_needed, retry.price_version, retry.sandboxed)


async def _spec(uow: UnitOfWork, root: Job, request: RerunRequest, *, ordered: Mapping[str, Any]) -> Mapping[str, Any]:
    """The list's spec with what is wished otherwise: the same hash where nothing is."""
    content = {name: value for name, value in ordered.items() if name != "hash"} | request.wishes
    reading = (await uploads.load_upload(uow.conn, root.workspace_id, root.upload_id)).require_reading()
    check_language(content["language"])
    check_forbidden(content.get("forbidden_words", []))
    names = columns_told([column["name"] for column in reading.columns], content["mapping"])
    columns = [*names, *(one["name"] for one in content["extra_columns"])]
    check_line_rules(content.get("line_rules", ""), columns=columns)
    if all(ordered.get(name) == value for name, value in content.items()):
        return ordered
    return ResearchSpec.model_validate({**content, "hash": spec_hash(content)}).model_dump(mode="json")
