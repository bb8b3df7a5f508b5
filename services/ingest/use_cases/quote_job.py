"""What enriching an upload would cost, and what to know before."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from libs.common.uow import UnitOfWork
from services.ingest.domain.quotes import Choice, Quote, quote
from services.ingest.domain.specs import check_mapping
from services.ingest.domain.uploads import Reading, Upload
from services.ingest.domain.window import enrich_state
from services.ingest.repositories import coverage, enrich_replicas, own_keys, prices, uploads


@dataclass(frozen=True)
class Offer:
    """A quote for an upload under a mapping (role → column index). `tried` are the rows that are not charged again."""

    upload: Upload
    reading: Reading
    mapping: Mapping[str, int]
    quote: Quote
    tried: tuple[int, ...] = ()


async def quote_job(
    uow: UnitOfWork,
    upload_id: UUID,
    *,
    workspace_id: UUID,
    mapping: Mapping[str, int] | None,
    now: datetime,
    choice: Choice | None = None,
    columns: int = 0,
    for_eyes: bool = True,
) -> Offer:
    """The rows that are to be done × the present price of a row with so many extra `columns`. Without a mapping the
    suggested one holds.

    Duplicates are known as far as the sheet has been checked; those that make no difference to the price are counted
    `for_eyes` only. Raises NotFound, Conflict `upload_not_ready`, Invalid for a
    refused upload or a wrong mapping, Transient without prices, and before enrich has said which providers it has.
    """
    upload = await uploads.load_upload(uow.conn, workspace_id, upload_id)
    reading = upload.require_reading()
    chosen = dict(reading.mapping if mapping is None else mapping)
    check_mapping(chosen, columns=len(reading.columns))
    price = await prices.newest(uow.conn)
    enrich = enrich_state(await enrich_replicas.announced(uow.conn), now=now)
    enrich = enrich.with_own(await own_keys.of(uow.conn, workspace_id))
    rows = choice or Choice()
    tried = await coverage.tried_rows(uow.conn, upload_id, up_to=rows.covered(reading.row_count))
    sheet = coverage.Sheet(upload_id, workspace_id, reading.row_count)
    counts = await coverage.count(uow.conn, sheet, rows, free=tried, for_eyes=for_eyes)
    made = quote(rows=reading.row_count, price=price, enrich=enrich, choice=rows, counts=counts, columns=columns)
    sandboxed = made.sandboxed or upload.sandboxed
    return Offer(upload, reading, chosen, replace(made, sandboxed=sandboxed), tuple(tried))
