"""People who ask to be forgotten."""

from uuid import UUID

from fastapi import APIRouter

from libs.common.clock import utc_now
from libs.common.errors import NotFound
from libs.common.http.dependencies import Uow
from libs.common.http.problems import PROBLEM_RESPONSES
from libs.common.ids import new_id
from services.gateway.api.access import CurrentCaller, CurrentResources
from services.gateway.api.auditing import AuditedRoute, CurrentClerk
from services.gateway.api.once import Once
from services.gateway.api.paging import Cursor, Limit, cut
from services.gateway.repositories import erasures
from services.gateway.schemas.erasures import ErasureOut, ErasurePage, NewErasure
from services.gateway.use_cases.erase_lead import erase_lead

router = APIRouter(prefix="/v1/erasures", tags=["data"], responses=PROBLEM_RESPONSES, route_class=AuditedRoute)


@router.post("", status_code=202)
async def post_erasure(
    body: NewErasure, caller: CurrentCaller, clerk: CurrentClerk, resources: CurrentResources, uow: Uow, once: Once
) -> ErasureOut:
    """Forget a lead everywhere in this workspace, by the address (owners and admins). It cannot be undone: the person is never
    written to again, also when the address is uploaded once more.

    While one for the address is under way, it is answered with that one. 409 `idempotency_key_reused`.
    """
    await once.begin(uow)
    secret = resources.settings.auth_secret.get_secret_value()
    asked = await erase_lead(caller, erasure_id=new_id(), address=body.email, secret=secret, now=utc_now(), uow=uow)
    await clerk.write(uow, status=202, erasure_id=asked.id)
    made = ErasureOut.of(asked)
    await once.keep(uow, made, status=202)
    return made


@router.get("")
async def list_erasures(caller: CurrentCaller, uow: Uow, cursor: Cursor = None, limit: Limit = 50) -> ErasurePage:
    """Who asked to be forgotten, newest first (owners and admins)."""
    found = await erasures.page(uow.conn, caller.workspace_id, before=cursor, limit=limit + 1)
    page, more = cut(found, limit)
    items = [ErasureOut.of(one) for one in page]
    return ErasurePage(items=items, next_cursor=str(items[-1].id) if more else None)


@router.get("/{erasure_id}")
async def get_erasure(erasure_id: UUID, caller: CurrentCaller, uow: Uow) -> ErasureOut:
    """How far each service is (owners and admins). 404 `erasure_not_found`."""
    found = await erasures.load(uow.conn, caller.workspace_id, erasure_id=erasure_id)
    if found is None:
        raise NotFound(f"there is no erasure {erasure_id}", code="erasure_not_found")
    return ErasureOut.of(found)
