"""What is known of a sheet before it is written: its columns, where its rows lie, which jobs its outcomes are from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from libs.common.uow import UnitOfWork
from services.ingest.domain.jobs import Job
from services.ingest.domain.sheet_summary import SheetFacts
from services.ingest.export.merge import SheetPlan
from services.ingest.repositories import sheets, usage
from services.ingest.segments import ChunkRef, header_cells


@dataclass(frozen=True)
class PlannedSheet:
    """The plan, and the whole upload's rows, also those that nobody ordered."""

    plan: SheetPlan
    refs: Sequence[ChunkRef]
    rows: int


async def plan_sheet(
    uow: UnitOfWork, job: Job, *, made_at: datetime, flat: bool = False, is_partial: bool = False
) -> PlannedSheet:
    """Plan the sheet of a job's family as it stands. `made_at` is what the summary says."""
    found = await sheets.original(uow.conn, job.family_id)
    family = await sheets.family(uow.conn, job.family_id)
    facts = SheetFacts(
        filename=job.filename,
        job_id=job.family_id,
        made_at=made_at,
        is_partial=is_partial,
        credits_held=sum(member.credits_held for member in family),
        credits_charged=sum(member.credits_total for member in family),
        credits_per_row=job.credits_per_row,
        price_version=job.price_version,
        sandboxed=any(member.sandboxed for member in family),
        taken=await usage.of_jobs(uow.conn, [member.id for member in family]),
    )
    products = await sheets.has_products(uow.conn, [member.id for member in family])
    plan = SheetPlan(
        header_cells(found.columns), facts, name=found.name, extras=found.extras, flat=flat, products=products
    )
    return PlannedSheet(plan, await sheets.refs(uow.conn, found.upload_id), found.rows)
