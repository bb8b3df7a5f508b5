"""The link at the foot of every mail. Anybody may use it, without a login: the token says whose it is.

Programs that handle links may put a slash after it.
"""

from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Header, Request
from starlette.responses import HTMLResponse

from libs.common.errors import NotFound
from libs.common.http.dependencies import OpenUowDep
from libs.common.uow import OpenUow
from services.sender.api.resources import CurrentResources
from services.sender.domain.unsubscribe_page import Kind, language_of, page
from services.sender.domain.unsubscribing import PATH, Unsubscribing
from services.sender.repositories.sending_settings import public_name
from services.sender.use_cases.unsubscribe import unsubscribe

router = APIRouter(include_in_schema=False)

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self';"
    " frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
    "Vary": "Accept-Language",
}
_MAX_BODY_BYTES = 4096
Languages = Annotated[str, Header(alias="Accept-Language")]


@router.get(f"{PATH}{{token}}", response_class=HTMLResponse)
@router.get(f"{PATH}{{token}}/", response_class=HTMLResponse)
@router.head(f"{PATH}{{token}}", response_class=HTMLResponse)
@router.head(f"{PATH}{{token}}/", response_class=HTMLResponse)
async def show(
    token: str, open_uow: OpenUowDep, resources: CurrentResources, accept_language: Languages = ""
) -> HTMLResponse:
    """Ask whether to unsubscribe. Changes nothing: mail programs look at links by themselves. 404 for a wrong link."""
    told = _read(token, resources)
    if told is None:
        return _answer("unknown", accept_language)
    kind = "test" if told.is_test else "ask"
    return _answer(kind, accept_language, told=told, sender=await _sender(told, open_uow, resources))


@router.post(f"{PATH}{{token}}", response_class=HTMLResponse)
@router.post(f"{PATH}{{token}}/", response_class=HTMLResponse)
async def act(
    token: str, request: Request, open_uow: OpenUowDep, resources: CurrentResources, accept_language: Languages = ""
) -> HTMLResponse:
    """Unsubscribe, whatever the body says; also the one click of RFC 8058. Again, it changes nothing. 404 for a wrong
    link."""
    told = _read(token, resources)
    if told is None:
        return _answer("unknown", accept_language)
    if told.is_test:
        return _answer("test", accept_language, told=told)
    await unsubscribe(told, open_uow=open_uow, one_click=await _is_one_click(request))
    return _answer("done", accept_language, told=told, sender=await _sender(told, open_uow, resources))


def _read(token: str, resources: CurrentResources) -> Unsubscribing | None:
    try:
        return resources.links.read(token)
    except NotFound:
        return None


async def _sender(told: Unsubscribing, open_uow: OpenUow, resources: CurrentResources) -> str:
    async with open_uow() as uow:
        return await public_name(uow.conn, told.workspace_id) or resources.sender.name


async def _is_one_click(request: Request) -> bool:
    """Whether a mail provider asks rather than our own page (RFC 8058, section 3.2)."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > _MAX_BODY_BYTES:
            return False
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        return b'name="List-Unsubscribe"' in body
    return "List-Unsubscribe" in parse_qs(body.decode("latin-1"))


def _answer(kind: Kind, accept_language: str, *, told: Unsubscribing | None = None, sender: str = "") -> HTMLResponse:
    language = language_of(accept_language)
    words = page(kind, language=language, address=told.address if told else "", sender=sender)
    headers = {**_HEADERS, "Content-Language": language}
    return HTMLResponse(words, status_code=404 if kind == "unknown" else 200, headers=headers)
