"""Passes on what needs no token: links that the owning service has signed or sealed, and what Stripe tells it. The
service checks."""

from collections.abc import AsyncIterator

from fastapi import APIRouter, Request
from starlette.responses import Response

from libs.common.errors import NotFound
from libs.common.ids import new_id
from services.gateway.api.access import CurrentResources
from services.gateway.api.bodies import read_body
from services.gateway.api.forward import ask
from services.gateway.api.passing import Passed
from services.gateway.domain.routing import PUBLIC, public_owner_of

router = APIRouter(include_in_schema=False)


async def forward_public(request: Request, resources: CurrentResources) -> Response:
    """The service's own answer, untouched; it is told of nobody. Nothing that the asker says of themselves passes, and a body
    passes byte by byte.

    404 `route_not_found`; 413 `too_large`; 429 by the path's own name when there is no room; else as for members.
    """
    below: str = request.scope["path"].removeprefix("/v1").removeprefix("/")
    service = public_owner_of(below)
    if service is None:
        msg = f"a link of {len(below)} characters is none of ours"
        raise NotFound(msg, code="route_not_found")
    room = resources.public[below.partition("/")[0]]
    room.enter()
    try:
        request_id = (b"x-request-id", str(new_id()).encode())
        has_body = request.method == "POST" and room.path.max_body_bytes
        body = await read_body(request, limit=room.path.max_body_bytes) if has_body else None
        answer = await ask(
            service,
            request,
            headers=[request_id],
            services=resources.services,
            body=None if body is None else _once(body),
        )
    except BaseException:
        room.leave()
        raise
    return Passed(answer, also=[request_id], done=room.leave)


async def _once(body: bytes) -> AsyncIterator[bytes]:
    yield body


for _segment, _path in PUBLIC.items():
    _part = _path.part or "{signed}"
    router.add_api_route(f"{_path.below}/{_segment}/{_part}", forward_public, methods=list(_path.methods))
