"""What is answered at the door whatever the operation, and how the codes of an operation's own errors are told."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

PROBLEM_TYPE = "application/problem+json"
_PROBLEM = {"$ref": "#/components/schemas/Problem"}

DOOR: dict[str, dict[str, str]] = {
    "401": {
        "token_missing": "there is no access token: send `Authorization: Bearer <token>`; POST /auth/v1/token gives one",
        "token_invalid": "the access token is not valid: sign in again",
        "token_expired": "the access token has expired: refresh the session",
        "session_ended": "the session has ended: sign in again",
        "key_invalid": "the API key is not valid: an owner or admin can look which there are",
        "key_revoked": "the API key has been revoked, or whoever made it is no member any more: make another",
        "key_expired": "the API key has expired on 2026-03-01: make another",
    },
    "403": {
        "role_too_low": "as viewer of this workspace you may not do this: it takes member or admin or owner. Ask an owner",
        "scope_missing": "this API key has not got the scope jobs: make one that has",
        "people_only": "no API key may do this: sign in",
        "operators_only": "only an operator may do this: the address must be listed in ADMIN_EMAILS",
    },
    "404": {"workspace_not_found": "there is no such workspace, or you are not a member of it"},
    "422": {"invalid_request": "body.name: Field required"},
    "429": {"too_many_requests": "the free plan allows 60 requests a minute, and this workspace has made them"},
    "502": {"outcome_unknown": "the service was asked and has not answered: repeat it with the same Idempotency-Key"},
    "503": {"service_unavailable": "the service cannot be reached: try again in a moment"},
}
"""Status → code → an example of its `detail`."""

_SAID = re.compile(r"\b([45]\d\d) ((?:(?:`\w+`|[a-z]+(?:_[a-z]+)+|[a-z]+(?=[,;.]))(?:, or |, | or | and )?)+)")
_CODE = re.compile(r"[a-z]\w*")
_JOINING = frozenset({"or", "and"})


def codes_in(description: str) -> dict[str, list[str]]:
    """Status → codes that a description names: `409 job_busy, job_over; 422 `invalid_line``."""
    found: dict[str, list[str]] = {}
    for status, words in _SAID.findall(" ".join(description.split())):
        codes = [code for code in _CODE.findall(words) if code not in _JOINING]
        found.setdefault(status, []).extend(code for code in codes if code not in found.get(status, ()))
    return found


def shared_responses() -> dict[str, Any]:
    """The parts that operations refer to: `Door401` and so on."""
    return {f"Door{status}": response_of(status, codes) for status, codes in DOOR.items()}


def response_of(status: str, codes: Iterable[str]) -> dict[str, Any]:
    """An error response that names its codes and shows one of each."""
    told = {code: {"value": _problem(status, code)} for code in codes}
    described: dict[str, Any] = {
        "description": ", ".join(f"`{code}`" for code in told),
        "content": {PROBLEM_TYPE: {"schema": _PROBLEM, "examples": told}},
    }
    if status in {"429", "503"}:
        described["headers"] = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}
    return described


def errors_of(status: str, own: Iterable[str], *, at_the_door: bool) -> dict[str, Any]:
    """An operation's answer of a status: its own codes, and the door's where that may answer so."""
    codes = list(own)
    if at_the_door and not codes:
        return {"$ref": f"#/components/responses/Door{status}"}
    return response_of(status, [*codes, *(code for code in DOOR.get(status, {}) if at_the_door and code not in codes)])


def _problem(status: str, code: str) -> Mapping[str, Any]:
    title = code.replace("_", " ").capitalize()
    detail = DOOR.get(status, {}).get(code, f"{title}: `detail` says of what, and what to do about it")
    return {"type": "about:blank", "title": title, "status": int(status), "code": code, "detail": detail}
