"""The Idempotency-Key of routes that make something.

A route that makes one thing in one transaction takes `Once`, which stands after the identity:

    async def create(body: ThingIn, identity: CurrentIdentity, uow: Uow, once: Once) -> ThingOut:
        await once.begin(uow)
        made = ThingOut.of(await make_thing(...))
        await once.keep(uow, made)
        return made

A repeated request ends in `begin`: it gets the kept status and body, with `Idempotency-Replayed: true`. Where the use case
opens the transaction itself, it is handed what is to be done in it (`receive_upload`); where the body streams, `StreamedOnce`
tells requests apart by their headers. The service's `common_tables` have `repeated=True`.
"""

from collections.abc import Iterable
from typing import Annotated
from uuid import UUID

import orjson
from fastapi import Depends, Header, Request
from starlette.responses import Response

from libs.common import repeats
from libs.common.errors import Invalid
from libs.common.http.identity import CurrentIdentity
from libs.common.repeats import AnsweredBefore, canonical, fingerprint_of

REPLAYED_HEADER = "Idempotency-Replayed"
_TELLING = (
    "content-type",
    "content-length",
    "content-digest",
    "repr-digest",
    "upload-length",
    "upload-metadata",
    "upload-checksum",
)
"""What a request says of a body that it streams."""

OptionalKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        pattern=r"^[\x21-\x7e]+$",
        description="The same key and request: the same answer, and nothing is made a second time (for 30 days at least).",
    ),
]


def idempotency_key(key: Annotated[str | None, Header(alias="Idempotency-Key", max_length=200)] = None) -> str:
    """What the request is known by. Raises Invalid `idempotency_key_required` without it."""
    if not key:
        msg = "give an Idempotency-Key header: it is what keeps a repeated request from counting twice"
        raise Invalid(msg, code="idempotency_key_required")
    return key


RequiredKey = Annotated[str, Depends(idempotency_key)]
"""Stands after the identity: who may not ask is told so first."""


def once_of(
    request: Request, key: str | None, *, workspace_id: UUID, user_id: UUID, saying: Iterable[bytes]
) -> repeats.Once:
    """The request as one that is made once. Two people never share a key: what one of them got is not the other's answer."""
    told = [user_id.bytes, request.method.encode(), request.scope["path"].encode(), request.url.query.encode(), *saying]
    operation = f"{request.method} {request.scope['route'].path}"
    return repeats.Once(workspace_id, operation, key, fingerprint_of(told))


async def read_once(request: Request, identity: CurrentIdentity, key: OptionalKey = None) -> repeats.Once:
    """For routes whose body is a model."""
    said = [canonical(await request.body())]
    return once_of(request, key, workspace_id=identity.workspace_id, user_id=identity.user_id, saying=said)


def streamed_once(request: Request, identity: CurrentIdentity, key: OptionalKey = None) -> repeats.Once:
    """For routes whose body streams: it is not read for this."""
    said = [f"{name}: {value}".encode() for name in _TELLING for value in request.headers.getlist(name)]
    return once_of(request, key, workspace_id=identity.workspace_id, user_id=identity.user_id, saying=said)


def required_once(once: Annotated[repeats.Once, Depends(read_once)]) -> repeats.Once:
    """For routes that cannot do without a key. Raises Invalid `idempotency_key_required`."""
    idempotency_key(once.key)
    return once


Once = Annotated[repeats.Once, Depends(read_once)]
RequiredOnce = Annotated[repeats.Once, Depends(required_once)]
StreamedOnce = Annotated[repeats.Once, Depends(streamed_once)]


async def answer_again(_: Request, error: Exception) -> Response:
    """The kept answer of a repeated request."""
    assert isinstance(error, AnsweredBefore)
    return replayed(error)


def replayed(before: AnsweredBefore) -> Response:
    """The same status and body as the first time, and a header that says so."""
    answer = before.answer
    headers = {**answer.headers, REPLAYED_HEADER: "true"}
    if answer.body is None:
        return Response(status_code=answer.status, headers=headers)
    return Response(orjson.dumps(answer.body), answer.status, media_type="application/json", headers=headers)
