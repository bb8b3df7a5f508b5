"""Say that rows of published lists have other lines now, to whoever sends mail."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from libs.common.contracts.ingest import CorrectedLine, RecipientsCorrected
from libs.common.uow import UnitOfWork
from services.ingest.domain.recipients import offer_of
from services.ingest.repositories import published_lists
from services.ingest.repositories.sheet_pages import Attempt


async def announce_corrections(
    uow: UnitOfWork, corrected: Mapping[UUID, Sequence[Attempt]], *, workspace_id: UUID
) -> None:
    """The present outcomes of these rows, by the list (its job) that they were published in.

    Lists without addresses were never published. Key: (list, row, attempt, version), so that it may be said twice.
    """
    for list_id, attempts in corrected.items():
        facts = await published_lists.facts_of(uow.conn, list_id)
        if facts is None or not attempts:
            continue
        lines = [_line(attempt, made_up=facts.sandboxed) for attempt in attempts]
        event = RecipientsCorrected(list_id=list_id, list_name=facts.name, parts=facts.parts, lines=lines)
        uow.publish(event, tenant_id=workspace_id, correlation_id=list_id)


def _line(attempt: Attempt, *, made_up: bool) -> CorrectedLine:
    result = attempt.result
    return CorrectedLine.model_validate(
        {
            "row_no": result.row_no,
            "attempt": attempt.job_id,
            "version": result.version or 0,
            "line": result.line or "",
            "status": result.status,
            "sandboxed": made_up or result.is_sandboxed,
            **offer_of(result.product),
        }
    )
