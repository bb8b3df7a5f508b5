"""The price list."""

from fastapi import APIRouter

from libs.common.clock import utc_now
from libs.common.http.dependencies import Uow
from libs.common.http.idempotency import Once
from libs.common.http.identity import CurrentIdentity, OperatorIdentity
from libs.common.http.problems import PROBLEM_RESPONSES
from services.billing.repositories.credits import price_lists
from services.billing.repositories.credits.price_lists import PriceList
from services.billing.schemas.prices import PriceListAnswer, PricesAnswer, PricesBody
from services.billing.use_cases import publish_prices as publishing

router = APIRouter(prefix="/v1/prices", tags=["billing"], responses=PROBLEM_RESPONSES)

_SHOWN = 100


@router.get("")
async def show_prices(_: CurrentIdentity, uow: Uow) -> PricesAnswer:
    """What things cost now, and what they cost before (the last 100 versions)."""
    versions = [PriceListAnswer.model_validate(one) for one in await price_lists.history(uow.conn, limit=_SHOWN)]
    return PricesAnswer(**versions[0].model_dump(), history=versions[1:])


@router.post("", status_code=201)
async def publish_prices(body: PricesBody, identity: OperatorIdentity, uow: Uow, once: Once) -> PriceListAnswer:
    """Publish the next version (operators). It holds from now on; jobs that are there keep the version they have.

    409 `idempotency_key_reused`.
    """
    await once.begin(uow)
    asked = PriceList(**body.model_dump(), created_at=utc_now())
    written = await publishing.publish_prices(asked, uow=uow, actor=f"user:{identity.user_id}")
    made = PriceListAnswer.model_validate(written)
    await once.keep(uow, made)
    return made
