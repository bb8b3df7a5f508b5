"""The log of a webhook's deliveries, and ways to have something sent."""

from dataclasses import asdict
from uuid import UUID

from fastapi import APIRouter

from libs.common.clock import utc_now
from libs.common.http.dependencies import Uow
from libs.common.http.problems import PROBLEM_RESPONSES
from libs.common.ids import new_id
from services.gateway.api.access import CurrentCaller
from services.gateway.api.auditing import AuditedRoute, CurrentClerk
from services.gateway.api.once import Once
from services.gateway.api.paging import Cursor, Limit, cut
from services.gateway.domain.webhooks import State
from services.gateway.repositories import webhook_log
from services.gateway.repositories.webhook_log import Logged
from services.gateway.schemas.webhooks import AnyEvent, DeliveryOut, DeliveryPage
from services.gateway.use_cases.change_webhook import find_webhook
from services.gateway.use_cases.redeliver_webhook import redeliver_webhook
from services.gateway.use_cases.try_webhook import try_webhook

router = APIRouter(
    prefix="/v1/webhooks/{webhook_id}", tags=["Webhooks"], responses=PROBLEM_RESPONSES, route_class=AuditedRoute
)


@router.post("/test", status_code=202)
async def send_test(webhook_id: UUID, caller: CurrentCaller, clerk: CurrentClerk, uow: Uow, once: Once) -> DeliveryOut:
    """Send a `webhook.test` there: look at what came of it in the log. 404 `webhook_not_found`; 409 `webhook_disabled`."""
    await once.begin(uow)
    queued = await try_webhook(caller.workspace_id, webhook_id, event_id=new_id(), now=utc_now(), uow=uow)
    await clerk.write(uow, status=202, delivery_id=queued.id)
    out = shown(queued)
    await once.keep(uow, out, status=202)
    return out


@router.get("/deliveries")
async def list_deliveries(
    webhook_id: UUID,
    caller: CurrentCaller,
    uow: Uow,
    state: State | None = None,
    event: AnyEvent | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> DeliveryPage:
    """What was sent there within the last 30 days and what came of it, newest first. 404 `webhook_not_found`."""
    await find_webhook(caller.workspace_id, webhook_id, uow=uow)
    found = await webhook_log.page(uow.conn, webhook_id, state=state, event_type=event, before=cursor, limit=limit + 1)
    page, more = cut(found, limit)
    return DeliveryPage(items=[shown(one) for one in page], next_cursor=str(page[-1].id) if more else None)


@router.post("/deliveries/{delivery_id}/redeliver", status_code=202)
async def redeliver(
    webhook_id: UUID, delivery_id: UUID, caller: CurrentCaller, clerk: CurrentClerk, uow: Uow, once: Once
) -> DeliveryOut:
    """Send it again now, under the same `webhook-id`, and try for three days anew.

    404 `webhook_not_found`, `delivery_not_found`; 409 `webhook_disabled`, `delivery_under_way`.
    """
    await once.begin(uow)
    again = await redeliver_webhook(caller.workspace_id, webhook_id, delivery_id=delivery_id, now=utc_now(), uow=uow)
    await clerk.write(uow, status=202)
    out = shown(again)
    await once.keep(uow, out, status=202)
    return out


def shown(logged: Logged) -> DeliveryOut:
    next_try = logged.due_at if logged.state == "waiting" else None
    return DeliveryOut.model_validate({**asdict(logged), "next_try_at": next_try})
