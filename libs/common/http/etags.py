"""ETags: whoever knows an answer is not sent it again (304), and whoever changes settings says which they have seen (412).

A route sets its answer's tag by `Tagged`; the 304 is made here, for every answer that has one. An ETag of settings is
`"<settings>.<answer>"`: `If-Match` compares what may be changed, `If-None-Match` all that is shown beside it.
"""

import hashlib
from collections.abc import Iterable
from typing import Annotated, Any, TypeVar

import orjson
from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel
from sqlalchemy import text
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from libs.common.errors import PreconditionFailed
from libs.common.http.identity import CurrentIdentity
from libs.common.uow import UnitOfWork

NOT_MODIFIED: dict[int | str, dict[str, Any]] = {
    304: {"description": "It is as `If-None-Match` says that you know it."}
}
"""For the `responses` of a route that shows something with an ETag."""

Answer = TypeVar("Answer", bound=BaseModel)
IfNoneMatch = Annotated[str | None, Header(alias="If-None-Match", max_length=2000, description="ETags that you know.")]
IfMatch = Annotated[
    str | None,
    Header(alias="If-Match", max_length=2000, description="The ETag that your change is based on; without it any."),
]
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:what, 0))")


class Tag:
    """Names the answer of one request by what it says."""

    def __init__(self, response: Response) -> None:
        self._response = response

    def on(self, answer: Answer, *, settings: object = None) -> Answer:
        """The answer, with its ETag. `settings` are the part of it that may be changed."""
        shown = _digest(answer.model_dump(mode="json", by_alias=True))
        self._response.headers["ETag"] = f'"{shown}"' if settings is None else f'"{_digest(settings)}.{shown}"'
        return answer


class Guard(Tag):
    """Names the answer to a change of settings, and keeps it from undoing one that its asker has not seen."""

    def __init__(self, response: Response, *, what: str, if_match: str | None) -> None:
        super().__init__(response)
        self._what = what
        self._if_match = if_match

    async def hold(self, uow: UnitOfWork) -> None:
        """Nobody else changes them until this transaction ends. Comes before they are read."""
        await uow.conn.execute(_LOCK, {"what": self._what})

    def check(self, settings: object) -> None:
        """Raises PreconditionFailed `settings_changed` unless `settings`, as they are now, are those of `If-Match`."""
        if self._if_match is None:
            return
        known = tags_in(self._if_match)
        if "*" not in known and _digest(settings) not in {tag.partition(".")[0] for tag in known}:
            msg = "somebody has changed these settings meanwhile: read them again, and repeat your change on what they are"
            raise PreconditionFailed(msg, code="settings_changed")


def tag_of(response: Response, _known: IfNoneMatch = None) -> Tag:
    """For routes that show something."""
    return Tag(response)


def guard_of(request: Request, response: Response, identity: CurrentIdentity, if_match: IfMatch = None) -> Guard:
    """For routes that change settings of a workspace, which are what their path says."""
    return Guard(response, what=f"{identity.workspace_id} {request.scope['path']}", if_match=if_match)


Tagged = Annotated[Tag, Depends(tag_of)]
Guarded = Annotated[Guard, Depends(guard_of)]


def tags_in(header: str) -> set[str]:
    """The tags that a header names, without their quotes; a weak one counts as what it is a weak one of, as proxies that pack
    an answer make it so."""
    return {one.strip().removeprefix("W/").strip('"') for one in header.split(",")}


def _digest(told: object) -> str:
    return hashlib.sha256(orjson.dumps(told, default=_plain, option=orjson.OPT_SORT_KEYS)).hexdigest()[:20]


def _plain(value: object) -> object:
    return list(value) if isinstance(value, Iterable) else str(value)


class NotModified:
    """Answers 304 in place of what the asker knows. Plain ASGI, so that streams pass through untouched."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        known = Headers(scope=scope).get("if-none-match") if scope["type"] == "http" else None
        if known is None or scope["method"] not in {"GET", "HEAD"}:
            await self._app(scope, receive, send)
            return
        is_known = False

        async def send_or_spare(message: Message) -> None:
            nonlocal is_known
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message["headers"])
                tags = tags_in(known)
                is_known = (
                    message["status"] == 200 and "etag" in headers and bool({"*", *tags_in(headers["etag"])} & tags)
                )
                if is_known:
                    del headers["content-length"]
                    del headers["content-type"]
                    message = {**message, "status": 304, "headers": headers.raw}
            elif is_known:
                message = {"type": "http.response.body", "body": b"", "more_body": message.get("more_body", False)}
            await send(message)

        await self._app(scope, receive, send_or_spare)
