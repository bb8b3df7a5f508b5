"""The wire of Supabase Auth (GoTrue), as its clients read it: bodies, and errors that are no problem+json.

Source: https://github.com/supabase/auth, the API of before 2024-01-01 (errors with `code`, `error_code`, `msg`).
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, Literal

import orjson
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import Response

from libs.common.errors import AppError
from libs.common.http.problems import status_of
from services.gateway.api.bodies import SmallBodyRoute
from services.gateway.domain.sessions import User
from services.gateway.domain.tokens import APP_METADATA, AUDIENCE

_MAX_WORDS_BYTES = 4096


class GoTrueRoute(SmallBodyRoute):
    """A route whose refusals are GoTrue's."""

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # pyright: ignore[reportIncompatibleMethodOverride] - a coroutine is awaitable
        handle = super().get_route_handler()

        async def handle_or_refuse(request: Request) -> Response:
            try:
                return await handle(request)
            except AppError as error:
                return refusal(status_of(error), error.code, error.message, extra=error.extra)
            except RequestValidationError as error:
                return _not_understood(error)
            except HTTPException as error:
                if error.status_code != 400:
                    raise
                # A body that is not even text.
                return _no_json()

        return handle_or_refuse


class Refusal(BaseModel):
    """The body of every error below /auth/v1."""

    code: int
    error_code: str
    msg: str


REFUSALS: dict[int | str, dict[str, object]] = {"4XX": {"model": Refusal, "description": "What was wrong."}}


class IdentityBody(BaseModel):
    """How a user signs in."""

    id: str
    identity_id: str
    user_id: str
    provider: Literal["email"] = "email"
    identity_data: dict[str, Any]
    created_at: datetime
    last_sign_in_at: datetime
    updated_at: datetime


class UserBody(BaseModel):
    """A user, as supabase-js has it."""

    id: str
    aud: str = AUDIENCE
    role: str = AUDIENCE
    email: str
    phone: str = ""
    email_confirmed_at: datetime | None = None
    confirmed_at: datetime | None = None
    app_metadata: dict[str, Any]
    user_metadata: dict[str, Any]
    identities: list[IdentityBody]
    created_at: datetime
    updated_at: datetime
    is_anonymous: bool = False


class SessionBody(BaseModel):
    """A session: send `access_token` as the bearer; `expires_in` is in seconds."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - the name of the scheme, not a secret
    expires_in: int
    expires_at: int
    refresh_token: str
    user: UserBody


def user_body(user: User) -> UserBody:
    """A user of our own."""
    id_ = str(user.id)
    data = {"sub": id_, "email": user.email, "email_verified": user.email_proved_at is not None}
    at = user.created_at
    identity = IdentityBody(
        id=id_, identity_id=id_, user_id=id_, identity_data=data, created_at=at, last_sign_in_at=at, updated_at=at
    )
    return UserBody(
        id=id_,
        email=user.email,
        email_confirmed_at=user.email_proved_at,
        confirmed_at=user.email_proved_at,
        app_metadata=APP_METADATA,
        user_metadata=user.words,
        identities=[identity],
        created_at=at,
        updated_at=at,
    )


def check_words(words: dict[str, Any]) -> dict[str, Any]:
    """What users say of themselves must be storable, and small; NaN and infinities become null. Raises ValueError."""
    try:
        written = orjson.dumps(words)
    except TypeError as error:
        msg = "data holds what cannot be kept: a number beyond 64 bits, half of a surrogate pair, or too many levels"
        raise ValueError(msg) from error
    if len(written) > _MAX_WORDS_BYTES:
        msg = f"data takes more than {_MAX_WORDS_BYTES} bytes"
        raise ValueError(msg)
    if b"\\u0000" in written:
        msg = "data holds a NUL character: take it out"
        raise ValueError(msg)
    return orjson.loads(written)


def refusal(status: int, code: str, message: str, *, extra: Mapping[str, object] | None = None) -> Response:
    """An error below /auth/v1."""
    extra = extra or {}
    body: dict[str, object] = {"code": status, "error_code": code, "msg": message}
    if "weak_password" in extra:
        body["weak_password"] = extra["weak_password"]
    headers = {"Retry-After": str(extra["retry_after_s"])} if "retry_after_s" in extra else {}
    return Response(orjson.dumps(body), status_code=status, media_type="application/json", headers=headers)


def _no_json() -> Response:
    return refusal(400, "bad_json", "Could not parse request body as JSON")


def _not_understood(error: RequestValidationError) -> Response:
    found = error.errors()
    if any(one["type"] == "json_invalid" for one in found):
        return _no_json()
    # Values are not repeated: one of them is a password.
    words = "; ".join(
        f"{'.'.join(map(str, one['loc'][1:] or one['loc']))}: {one['msg'].removeprefix('Value error, ')}"
        for one in found
    )
    return refusal(422, "validation_failed", words)
