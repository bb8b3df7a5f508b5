"""Passes on what needs no token: links that the owning service has signed, and checks itself."""

import asyncio

from fastapi import APIRouter, Request
from starlette.background import BackgroundTask
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from libs.common.errors import NotFound, RateLimited
from libs.common.ids import new_id
from services.gateway.api.access import CurrentResources
from services.gateway.api.forward import ask
from services.gateway.clients.services import answer_headers
from services.gateway.domain.routing import PUBLIC, PUBLIC_METHODS, public_owner_of

router = APIRouter(include_in_schema=False)

_RETRY_AFTER_S = 2


class _Passed(StreamingResponse):
    """Gives its place back when the last byte is sent, or nobody takes any more."""

    place: asyncio.Semaphore

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self.place.release()


async def forward_public(signed: str, request: Request, resources: CurrentResources) -> Response:
    """The service's own answer, untouched; it is told of nobody. Nothing that the asker says of themselves passes.

    404 `route_not_found`; 429 `too_many_downloads` when too many are open; else as for members.
    """
    service = public_owner_of(request.url.path.removeprefix("/v1/"))
    if service is None:
        msg = f"a link of {len(signed)} characters is none of ours"
        raise NotFound(msg, code="route_not_found")
    if resources.public.locked():
        msg = "too many files are being fetched by links at this moment: try again"
        raise RateLimited(msg, code="too_many_downloads", extra={"retry_after_s": _RETRY_AFTER_S})
    await resources.public.acquire()
    try:
        request_id = (b"x-request-id", str(new_id()).encode())
        answer = await ask(service, request, headers=[request_id], services=resources.services)
    except BaseException:
        resources.public.release()
        raise
    response = _Passed(answer.aiter_raw(), status_code=answer.status_code, background=BackgroundTask(answer.aclose))
    response.place = resources.public
    response.raw_headers = [*answer_headers(answer), request_id]
    return response


for _segment in PUBLIC:
    router.add_api_route(f"/v1/{_segment}/{{signed}}", forward_public, methods=list(PUBLIC_METHODS))
