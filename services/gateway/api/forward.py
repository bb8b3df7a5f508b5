"""Passes `/v1/...` on to the service that owns it, with a signed identity, streaming both ways."""

from collections.abc import AsyncIterator

from fastapi import APIRouter, Request
from starlette.background import BackgroundTask
from starlette.responses import Response, StreamingResponse

from libs.common.clock import utc_now
from libs.common.errors import NotFound
from libs.common.http.identity import IDENTITY_HEADER, sign_identity
from services.gateway.api.access import CurrentMember, CurrentResources, identity_of
from services.gateway.clients.services import answer_headers
from services.gateway.domain.routing import may_travel, owner_of

router = APIRouter(include_in_schema=False)


@router.api_route("/v1/{path:path}", methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
async def forward(path: str, request: Request, member: CurrentMember, resources: CurrentResources) -> Response:
    """The service's own answer, untouched. 404 `route_not_found`; 503 `service_unavailable` when it does not answer."""
    service = owner_of(path)
    if service is None:
        msg = f"there is no /v1/{path}: see /openapi.json"
        raise NotFound(msg, code="route_not_found")
    identity = identity_of(member, request)
    secret = resources.settings.internal_secret.get_secret_value()
    headers = [(name, value) for name, value in request.headers.items() if may_travel(name)]
    headers += [
        (IDENTITY_HEADER, sign_identity(identity, secret=secret, now=utc_now())),
        ("X-Request-Id", identity.request_id),
    ]
    answer = await resources.services.forward(
        service,
        method=request.method,
        raw_path=request.scope["raw_path"],
        query=request.url.query.encode(),
        headers=headers,
        body=_body(request),
    )
    return StreamingResponse(
        answer.aiter_raw(),
        status_code=answer.status_code,
        headers={**answer_headers(answer), "X-Request-Id": identity.request_id},
        background=BackgroundTask(answer.aclose),
    )


def _body(request: Request) -> AsyncIterator[bytes] | None:
    has_body = "content-length" in request.headers or "transfer-encoding" in request.headers
    return request.stream() if has_body else None
