"""Route of quotes: what would it cost?"""

from fastapi import APIRouter

from libs.common.clock import utc_now
from libs.common.http.dependencies import Uow
from libs.common.http.identity import CurrentIdentity
from libs.common.http.problems import PROBLEM_RESPONSES
from services.ingest.domain.entitlements import check_rows
from services.ingest.repositories import entitlements
from services.ingest.schemas.quotes import QuoteIn, QuoteOut, quote_out
from services.ingest.use_cases.quote_job import quote_job

router = APIRouter(prefix="/v1/quotes", tags=["jobs"], responses=PROBLEM_RESPONSES)


@router.post("")
async def quote(body: QuoteIn, identity: CurrentIdentity, uow: Uow) -> QuoteOut:
    """What enriching an upload would cost at the present price list. Nothing is reserved.

    403 `rows_per_job_exceeded` for more rows than the plan takes in one list: choose `first_rows`.
    """
    offer = await quote_job(
        uow,
        body.upload_id,
        workspace_id=identity.workspace_id,
        mapping=body.mapping,
        choice=body.choice,
        columns=len(body.extra_columns),
        now=utc_now(),
    )
    check_rows(await entitlements.of(uow.conn, identity.workspace_id), rows=offer.quote.rows_selected)
    return quote_out(offer)
