"""Webhooks: where a workspace wants to be told what happens."""

import secrets
from dataclasses import asdict
from uuid import UUID

from fastapi import APIRouter

from libs.common.clock import utc_now
from libs.common.http.dependencies import Uow
from libs.common.http.problems import PROBLEM_RESPONSES
from libs.common.ids import new_id
from services.gateway.api.access import CurrentCaller, CurrentResources
from services.gateway.api.auditing import AuditedRoute, CurrentClerk
from services.gateway.api.once import Once
from services.gateway.api.paging import Cursor, Limit, cut
from services.gateway.domain.webhooks import SECRET_BYTES, Endpoint
from services.gateway.repositories import webhooks
from services.gateway.schemas.webhook_events import catalogue
from services.gateway.schemas.webhooks import (
    MadeWebhookOut,
    NewWebhook,
    WebhookChange,
    WebhookEventsOut,
    WebhookOut,
    WebhookPage,
)
from services.gateway.use_cases.change_webhook import change_webhook, delete_webhook, find_webhook
from services.gateway.use_cases.make_webhook import make_webhook
from services.gateway.use_cases.rotate_webhook_secret import rotate_webhook_secret

router = APIRouter(prefix="/v1", tags=["Webhooks"], responses=PROBLEM_RESPONSES, route_class=AuditedRoute)


@router.get("/webhook-events")
async def list_webhook_events(_: CurrentCaller) -> WebhookEventsOut:
    """What webhooks can tell of: each type with the JSON schema of its messages and an example."""
    return catalogue()


@router.get("/webhooks")
async def list_webhooks(caller: CurrentCaller, uow: Uow, cursor: Cursor = None, limit: Limit = 50) -> WebhookPage:
    """The workspace's webhooks, newest first."""
    found = await webhooks.page(uow.conn, caller.workspace_id, before=cursor, limit=limit + 1)
    page, more = cut(found, limit)
    return WebhookPage(items=[shown(one) for one in page], next_cursor=str(page[-1].id) if more else None)


@router.post("/webhooks", status_code=201)
async def post_webhook(
    body: NewWebhook, caller: CurrentCaller, clerk: CurrentClerk, resources: CurrentResources, uow: Uow, once: Once
) -> MadeWebhookOut:
    """Have messages sent to a URL, signed by the secret in the answer, which is shown now and never again.

    Messages are those of Standard Webhooks: check `webhook-signature`, and go by `webhook-id` to tell repetitions. What is not
    answered with 2xx within 15 s is tried again for three days. Repeated with its Idempotency-Key it answers with the same
    webhook and `secret: null`: where the answer was lost, rotate the secret.

    422 `url_refused`; 409 `too_many_endpoints`, `sealing_off`, `idempotency_key_reused`.
    """
    await once.begin(uow)
    endpoint_id = new_id()
    secret = await make_webhook(
        caller.workspace_id,
        endpoint_id=endpoint_id,
        random=secrets.token_bytes(SECRET_BYTES),
        url=body.url,
        description=body.description,
        events=body.events,
        ring=resources.webhook_ring,
        loopback=resources.settings.webhooks_reach_this_machine,
        uow=uow,
    )
    await clerk.write(uow, status=201, webhook_id=endpoint_id)
    made = _with_secret(await find_webhook(caller.workspace_id, endpoint_id, uow=uow), secret)
    await once.keep(uow, made.model_copy(update={"secret": None}))
    return made


@router.get("/webhooks/{webhook_id}")
async def get_webhook(webhook_id: UUID, caller: CurrentCaller, uow: Uow) -> WebhookOut:
    """404 `webhook_not_found`."""
    return shown(await find_webhook(caller.workspace_id, webhook_id, uow=uow))


@router.patch("/webhooks/{webhook_id}")
async def patch_webhook(
    webhook_id: UUID,
    body: WebhookChange,
    caller: CurrentCaller,
    clerk: CurrentClerk,
    resources: CurrentResources,
    uow: Uow,
) -> WebhookOut:
    """Change where it leads, what it hears of, or switch it off and on. What waits for one that is off is kept for three days;
    what happens while it is off is not told later.

    404 `webhook_not_found`; 422 `url_refused`.
    """
    changed = await change_webhook(
        caller.workspace_id,
        webhook_id,
        url=body.url,
        description=body.description,
        events=body.events,
        enabled=body.enabled,
        now=utc_now(),
        loopback=resources.settings.webhooks_reach_this_machine,
        uow=uow,
    )
    await clerk.write(uow)
    return shown(changed)


@router.delete("/webhooks/{webhook_id}", status_code=204)
async def remove_webhook(webhook_id: UUID, caller: CurrentCaller, clerk: CurrentClerk, uow: Uow) -> None:
    """With its log and whatever waits for it. 404 `webhook_not_found`."""
    await delete_webhook(caller.workspace_id, webhook_id, uow=uow)
    await clerk.write(uow, status=204)


@router.post("/webhooks/{webhook_id}/rotate-secret")
async def rotate_secret(
    webhook_id: UUID, caller: CurrentCaller, clerk: CurrentClerk, resources: CurrentResources, uow: Uow, once: Once
) -> MadeWebhookOut:
    """A fresh secret, shown this once. For 24 hours messages carry a signature by each, the fresh and the one before it.

    Repeated with its Idempotency-Key it rotates nothing and answers `secret: null`.

    404 `webhook_not_found`; 409 `sealing_off`, `idempotency_key_reused`.
    """
    await once.begin(uow)
    secret = await rotate_webhook_secret(
        caller.workspace_id,
        webhook_id,
        random=secrets.token_bytes(SECRET_BYTES),
        now=utc_now(),
        ring=resources.webhook_ring,
        uow=uow,
    )
    await clerk.write(uow)
    rotated = _with_secret(await find_webhook(caller.workspace_id, webhook_id, uow=uow), secret)
    await once.keep(uow, rotated.model_copy(update={"secret": None}), status=200)
    return rotated


def shown(endpoint: Endpoint) -> WebhookOut:
    return WebhookOut.model_validate(_fields(endpoint))


def _with_secret(endpoint: Endpoint, secret: str) -> MadeWebhookOut:
    return MadeWebhookOut.model_validate({**_fields(endpoint), "secret": secret})


def _fields(endpoint: Endpoint) -> dict[str, object]:
    until = endpoint.old_until
    return {**asdict(endpoint), "old_secret_until": until if until and until > utc_now() else None}
