"""Passes `/v1/...` on to the service that owns it, with a signed identity, streaming both ways."""

from collections.abc import AsyncIterator, Sequence

import httpx
from fastapi import APIRouter, Request
from starlette.background import BackgroundTask
from starlette.responses import Response, StreamingResponse

from libs.common.clock import utc_now
from libs.common.errors import AppError, NotFound, OutcomeUnknown
from libs.common.http.dependencies import OpenUowDep
from libs.common.http.identity import IDENTITY_HEADER, sign_identity
from libs.common.http.problems import status_of
from libs.common.uow import OpenUow
from services.gateway.api.access import CurrentCaller, CurrentResources, identity_of, tell_limit
from services.gateway.api.auditing import note
from services.gateway.api.bounds import bounded_body, method_not_allowed, too_large
from services.gateway.api.known_operations import known_operations
from services.gateway.clients.services import Services, answer_headers
from services.gateway.domain.callers import Caller
from services.gateway.domain.permissions import only_reads
from services.gateway.domain.routing import RawHeader, for_the_service, owner_of
from services.gateway.use_cases.count_request import count_request

router = APIRouter(include_in_schema=False)


@router.api_route("/v1/{path:path}", methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def forward(
    path: str, request: Request, caller: CurrentCaller, resources: CurrentResources, open_uow: OpenUowDep
) -> Response:
    """The service's own answer, untouched.

    404 `route_not_found`; 405 `method_not_allowed`; 413 `too_large`; 429 `too_many_requests`;
    503 `service_unavailable` when it was not sent; 502 `outcome_unknown` when nothing came back.
    """
    service = owner_of(path)
    if service is None:
        # HEAD of a path that is the gateway's own.
        allowed = known_operations().methods_of(request.scope["path"])
        if allowed and request.method not in allowed:
            raise method_not_allowed(request, allowed)
        msg = f"there is no /v1/{path}: see /openapi.json"
        raise NotFound(msg, code="route_not_found")
    tell_limit(request, await count_request(caller.workspace_id, open_uow=open_uow))
    identity = identity_of(caller, request)
    secret = resources.settings.internal_secret.get_secret_value()
    request_id = (b"x-request-id", identity.request_id.encode("latin-1"))
    signed = sign_identity(identity, secret=secret, now=utc_now())
    headers = [(IDENTITY_HEADER.lower().encode(), signed.encode()), request_id]
    answer = await _ask_noted(service, request, caller, headers=headers, services=resources.services, open_uow=open_uow)
    response = StreamingResponse(
        answer.aiter_raw(), status_code=answer.status_code, background=BackgroundTask(answer.aclose)
    )
    response.raw_headers = [*answer_headers(answer), request_id]
    return response


async def _ask_noted(
    service: str,
    request: Request,
    caller: Caller,
    *,
    headers: Sequence[RawHeader],
    services: Services,
    open_uow: OpenUow,
) -> httpx.Response:
    """As `ask`; what may have changed something stands in the audit log before anybody hears of the answer."""
    if only_reads(request.method, request.scope["path"].removeprefix("/v1/")):
        return await ask(service, request, headers=headers, services=services)
    try:
        answer = await ask(service, request, headers=headers, services=services)
    except BaseException as error:
        status = status_of(error) if isinstance(error, AppError) else None
        await note(request, caller, status=status, open_uow=open_uow)
        raise
    made = answer.headers.get("Location", "")
    also = {"location": made} if made.startswith("/v1/") else {}
    await note(request, caller, status=answer.status_code, open_uow=open_uow, also=also)
    return answer


async def ask(
    service: str,
    request: Request,
    *,
    headers: Sequence[RawHeader],
    services: Services,
    body: AsyncIterator[bytes] | None = None,
) -> httpx.Response:
    """A service's answer to a request, its body not read yet. `headers` come on top of those that may pass; `body` is the
    request's where it has been read already."""
    bounded = None if body else bounded_body(request)
    try:
        return await services.forward(
            service,
            method=request.method,
            raw_path=request.scope["raw_path"],
            query=request.url.query.encode(),
            headers=[*for_the_service(request.headers.raw), *headers],
            body=body or bounded,
        )
    except OutcomeUnknown as error:
        # The service has heard the beginning of a request, and has done nothing.
        if bounded is not None and bounded.is_too_large:
            raise too_large() from error
        raise
