"""What enriching an upload would cost, and what to know before."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from libs.common.errors import Transient
from libs.common.uow import UnitOfWork
from services.ingest.domain.quotes import Quote, quote
from services.ingest.domain.specs import check_mapping
from services.ingest.domain.uploads import Reading, Upload
from services.ingest.domain.window import Replica, enrich_state
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

    Raises NotFound, Conflict `upload_not_ready`, Invalid for a refused upload or a wrong mapping, Transient without
    prices, and before enrich has said which providers it has.
    """
    upload = await uploads.load_upload(uow.conn, workspace_id, upload_id)
    reading = upload.require_reading()
    chosen = dict(reading.mapping if mapping is None else mapping)
    check_mapping(chosen, columns=len(reading.columns))
    price = await prices.newest(uow.conn)
    enrich = enrich_state(await _enrich_replicas(uow), now=now)
    return Offer(upload, reading, chosen, quote(rows=reading.row_count, price=price, enrich=enrich))


async def _enrich_replicas(uow: UnitOfWork) -> list[Replica]:
    """Without any, nobody knows what enrich lacks: to say "nothing" would have people buy what they do not get."""
    replicas = await enrich_replicas.known(uow.conn)
    if not replicas:
        msg = (
            "enrich has not announced itself yet, so nobody knows which provider keys there are: try again in a moment"
        )
        raise Transient(msg, code="enrich_unknown")
    return replicas
