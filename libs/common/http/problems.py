"""Errors to problem+json (RFC 9457). The one place where an error becomes an HTTP status."""

from collections.abc import Mapping
from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import compile_path

from libs.common import errors
from libs.common.db import is_database_outage, is_unstorable_text
from libs.common.errors import AppError, pointer
from libs.common.logs import get_logger

log = get_logger()

MEDIA_TYPE = "application/problem+json"

STATUS: dict[type[AppError], int] = {
    errors.Unauthenticated: 401,
    errors.PaymentRequired: 402,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.BadRequest: 400,
    errors.MethodNotAllowed: 405,
    errors.Conflict: 409,
    errors.Gone: 410,
    errors.PreconditionFailed: 412,
    errors.UnsupportedMedia: 415,
    errors.Locked: 423,
    errors.ChecksumMismatch: 460,
    errors.TooLarge: 413,
    errors.Invalid: 422,
    errors.RateLimited: 429,
    errors.OutcomeUnknown: 502,
    errors.Transient: 503,
}
_HTTP_CODES = {404: "route_not_found", 405: "method_not_allowed", 413: "too_large", 400: "bad_request"}


class Problem(BaseModel):
    """The body of every error. `code` is stable; `detail` says what was wrong and what to do."""

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str


PROBLEM_RESPONSES: dict[int | str, dict[str, object]] = {
    "4XX": {"model": Problem, "description": "What was wrong, as problem+json.", "content": {MEDIA_TYPE: {}}}
}


def status_of(error: AppError) -> int:
    """The HTTP status of a named failure: that of its nearest mapped class."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


def problem(
    *,
    status: int,
    code: str,
    detail: str,
    extra: Mapping[str, object] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A problem+json answer. No member of `extra` replaces one that every problem has."""
    title = code.replace("_", " ").capitalize()
    body = {"type": "about:blank", "title": title, "status": status, "code": code, "detail": detail}
    body = body | {name: value for name, value in (extra or {}).items() if name not in body}
    return Response(
        orjson.dumps(body, default=str), status_code=status, media_type=MEDIA_TYPE, headers=dict(headers or {})
    )


def problem_of(error: AppError) -> Response:
    """The answer for a named failure."""
    status = status_of(error)
    headers: dict[str, str] = {}
    if "retry_after_s" in error.extra:
        headers["Retry-After"] = str(error.extra["retry_after_s"])
        if "limit" in error.extra:
            headers["RateLimit-Limit"] = str(error.extra["limit"])
            headers["RateLimit-Remaining"] = "0"
            headers["RateLimit-Reset"] = headers["Retry-After"]
    if "allow" in error.extra:
        headers["Allow"] = str(error.extra["allow"])
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return problem(status=status, code=error.code, detail=error.message, extra=error.extra, headers=headers)


async def _on_app_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, AppError)
    return problem_of(error)


async def _on_validation_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = [
        {"where": ".".join(map(str, e["loc"])), "what": _words_of(e)}
        | ({"pointer": pointer(e["loc"][1:])} if e["loc"][0] == "body" else {})
        for e in error.errors()
    ]
    detail = "; ".join(f"{e['where']}: {e['what']}" for e in found)
    return problem(status=422, code="invalid_request", detail=detail, extra={"errors": found})


def _words_of(error: Mapping[str, Any]) -> str:
    """Pydantic's words, but for those that only a programmer reads."""
    pattern = str(error.get("ctx", {}).get("pattern", ""))
    if pattern.startswith(r"^[^\x00-"):
        return "It holds a line break or another control character: take it out"
    if pattern.startswith(r"^[^\x00]"):
        return "It holds a NUL character: take it out"
    return str(error["msg"]).removeprefix("Value error, ")


async def _on_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = _HTTP_CODES.get(error.status_code, "http_error")
    allow = _methods_of(request) if error.status_code == 405 else ""
    return problem(
        status=error.status_code,
        code=code,
        detail=f"{request.method} {request.url.path}: {error.detail}",
        headers={"Allow": allow} if allow else error.headers,
    )


def _methods_of(request: Request) -> str:
    """What all described routes of the path take together: Starlette would name those of the first one alone. `/jobs/latest`
    is another path than `/jobs/{job_id}`."""
    path: str = request.scope["path"]
    routes = [one for one in iter_route_contexts(request.app.routes) if one.path and one.include_in_schema]
    fitting = [one for one in routes if compile_path(one.path or "")[0].match(path)]
    meant = min((str(one.path) for one in fitting), key=lambda one: one.count("{"), default="")
    return ", ".join(sorted({method for one in fitting if one.path == meant for method in one.methods or ()}))


async def _on_database_error(_: Request, error: Exception) -> Response:
    """A text with a character that Postgres stores in no column is the asker's to correct, whichever field it came in."""
    if not is_unstorable_text(error):
        raise error
    return problem(
        status=422,
        code="text_not_storable",
        detail="a text holds the NUL character (U+0000), which cannot be stored: remove it",
    )


async def _on_unexpected(request: Request, error: Exception) -> Response:
    if is_database_outage(error):
        return problem(
            status=503,
            code="database_unavailable",
            detail="The database is away. Try again in a moment.",
            headers={"Retry-After": "2"},
        )
    log.error("request.crashed", path=request.url.path, error=str(error), exc_info=error)
    return problem(status=500, code="internal_error", detail="Something went wrong on our side. It has been logged.")


def install_problem_handlers(app: FastAPI) -> None:
    """Make every failure of the app a problem+json."""
    app.add_exception_handler(AppError, _on_app_error)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(DBAPIError, _on_database_error)
    app.add_exception_handler(Exception, _on_unexpected)
