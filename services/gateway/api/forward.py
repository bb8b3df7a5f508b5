"""Passes `/v1/...` on to the service that owns it, with a signed identity, streaming both ways.

It is the way of nearly every request, so it goes around what FastAPI does for routes of one's own
([ADR 53](../../../docs/adr/0053-requests-pass-on-by-a-short-way.md)).
"""

from collections.abc import AsyncIterator, Sequence

from fastapi import APIRouter, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from libs.common.clock import utc_now
from libs.common.errors import AppError, NotFound, OutcomeUnknown
from libs.common.http.dependencies import uow_factory
from libs.common.http.identity import IDENTITY_HEADER, sign_identity
from libs.common.http.problems import status_of
from libs.common.uow import OpenUow
from services.gateway.api.access import CurrentCaller, admit, bearer_scheme, identity_of, resources_of, tell_limit
from services.gateway.api.auditing import note
from services.gateway.api.bounds import bounded_body, method_not_allowed, too_large
from services.gateway.api.known_operations import known_operations
from services.gateway.api.passing import Passed
from services.gateway.clients.services import Answer, Services
from services.gateway.domain.callers import Caller
from services.gateway.domain.permissions import only_reads
from services.gateway.domain.routing import RawHeader, for_the_service, owner_of
from services.gateway.use_cases.count_request import hold_to_plan

router = APIRouter(include_in_schema=False)

_BELOW = "/v1/"
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


@router.api_route("/v1/{path:path}", methods=list(_METHODS))
async def refuse(path: str, request: Request, _: CurrentCaller) -> None:
    """What no service owns. 404 `route_not_found`; 405 `method_not_allowed` for HEAD of a path that is the gateway's own."""
    allowed = known_operations().methods_of(request.scope["path"])
    if allowed and request.method not in allowed:
        raise method_not_allowed(request, allowed)
    msg = f"there is no /v1/{path}: see /openapi.json"
    raise NotFound(msg, code="route_not_found")


class Forwarded(BaseRoute):
    """Every path that a service owns. The answer is the service's own, untouched.

    Beside what `admit` raises: 413 `too_large`; 429 `too_many_requests`; 503 `service_unavailable` when it was not sent; 502
    `outcome_unknown` when nothing came back.
    """

    path = "/v1/{path:path}"
    """What the metrics call it."""
    include_in_schema = False

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """By the first segment of the path."""
        path: str = scope.get("path", "")
        is_ours = scope["type"] == "http" and path.startswith(_BELOW)
        if is_ours and owner_of(path.removeprefix(_BELOW)) is not None:
            return Match.FULL, {"route": self}
        return Match.NONE, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let in, ask, answer."""
        response = await _forward(Request(scope, receive))
        await response(scope, receive, send)


async def _forward(request: Request) -> Response:
    resources, open_uow = resources_of(request), uow_factory(request)
    credentials = await bearer_scheme(request)
    admitted = await admit(request, credentials, resources=resources, open_uow=open_uow, plan_counts=True)
    if request.method not in _METHODS:
        raise method_not_allowed(request, known_operations().methods_of(request.scope["path"]) or list(_METHODS))
    hold_to_plan(admitted.counted.plan)
    tell_limit(request, admitted.counted.plan)
    identity = identity_of(admitted.caller, request)
    secret = resources.settings.internal_secret.get_secret_value()
    request_id = (b"x-request-id", identity.request_id.encode("latin-1"))
    signed = sign_identity(identity, secret=secret, now=utc_now())
    headers = [(IDENTITY_HEADER.lower().encode(), signed.encode()), request_id]
    answer = await _ask_noted(request, admitted.caller, headers=headers, services=resources.services, open_uow=open_uow)
    return Passed(answer, also=[request_id])


async def _ask_noted(
    request: Request, caller: Caller, *, headers: Sequence[RawHeader], services: Services, open_uow: OpenUow
) -> Answer:
    """As `ask`; what may have changed something stands in the audit log before anybody hears of the answer."""
    path: str = request.scope["path"].removeprefix(_BELOW)
    service = owner_of(path)
    assert service is not None
    if only_reads(request.method, path):
        return await ask(service, request, headers=headers, services=services)
    try:
        answer = await ask(service, request, headers=headers, services=services)
    except BaseException as error:
        status = status_of(error) if isinstance(error, AppError) else None
        await note(request, caller, status=status, open_uow=open_uow)
        raise
    made = answer.header("Location") or ""
    also = {"location": made} if made.startswith(_BELOW) else {}
    await note(request, caller, status=answer.status, open_uow=open_uow, also=also)
    return answer


async def ask(
    service: str,
    request: Request,
    *,
    headers: Sequence[RawHeader],
    services: Services,
    body: AsyncIterator[bytes] | None = None,
) -> Answer:
    """A service's answer to a request, its body not read yet. `headers` come on top of those that may pass; `body` is the
    request's where it has been read already."""
    bounded = None if body else bounded_body(request)
    try:
        return await services.forward(
            service,
            method=request.method,
            raw_path=request.scope["raw_path"],
            query=request.scope["query_string"],
            headers=[*for_the_service(request.scope["headers"]), *headers],
            body=body or bounded,
        )
    except OutcomeUnknown as error:
        # The service has heard the beginning of a request, and has done nothing.
        if bounded is not None and bounded.is_too_large:
            raise too_large() from error
        raise
