"""What enriching an upload would cost, and what to know before."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from libs.common.uow import UnitOfWork
from services.ingest.domain.quotes import Quote, quote
from services.ingest.domain.specs import check_mapping
from services.ingest.domain.uploads import Reading, Upload
from services.ingest.domain.window import enrich_state
from services.ingest.repositories import enrich_replicas, prices, uploads


@dataclass(frozen=True)
class Offer:
    """A quote for an upload under a mapping (role → column index)."""

    upload: Upload
    reading: Reading
    mapping: Mapping[str, int]
    quote: Quote


async def quote_job(
    uow: UnitOfWork, upload_id: UUID, *, workspace_id: UUID, mapping: Mapping[str, int] | None, now: datetime
) -> Offer:
    """Rows × the present price. Without a mapping the suggested one holds.

    Raises NotFound, Conflict `upload_not_ready`, Invalid for a refused upload or a wrong mapping, Transient without prices.
    """
    upload = await uploads.load_upload(uow.conn, workspace_id, upload_id)
    reading = upload.require_reading()
    chosen = dict(reading.mapping if mapping is None else mapping)
    check_mapping(chosen, columns=len(reading.columns))
    price = await prices.newest(uow.conn)
    enrich = enrich_state(await enrich_replicas.known(uow.conn), now=now)
    return Offer(upload, reading, chosen, quote(rows=reading.row_count, price=price, enrich=enrich))
