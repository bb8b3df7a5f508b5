"""What the API says when it says no, when it may be asked again, and after how long."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from libs.client.errors import ApiError

WAITS_S = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Before each further attempt, where the API names no time."""
LONGEST_WAIT_S = 60.0
"""Whoever is told to come back later than this is told so instead."""
_NO_CODE, _NO_PROBLEM = "unknown", "no_problem_given"


def may_ask_again(answer: httpx.Response, *, harmless: bool) -> bool:
    """429 says that nothing was done, and so does 503, except where the database went away, perhaps in the middle of a commit,
    and where it comes without a code of ours: from a proxy, which may have lost the answer only."""
    if answer.status_code == 429:
        return True
    if answer.status_code not in {502, 503}:
        return False
    code = _problem_of(answer.content, otherwise=answer.reason_phrase)["code"]
    maybe_done = code in {"outcome_unknown", "database_unavailable", _NO_CODE, _NO_PROBLEM}
    return (harmless and maybe_done) or (answer.status_code == 503 and not maybe_done)


def retry_after_of(answer: httpx.Response) -> float | None:
    """Seconds until the API wants to be asked again: RFC 9110 has them as a number or as a date."""
    told = answer.headers.get("Retry-After", "").strip()
    if told.isdecimal():
        return float(told)
    try:
        at = parsedate_to_datetime(told)
    except ValueError:
        return None
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


async def refuse(answer: httpx.Response) -> None:
    """Raises ApiError for an answer that is no success, in its own words."""
    if answer.is_success:
        return
    problem = _problem_of(await answer.aread(), otherwise=answer.reason_phrase)
    detail = str(problem.get("detail") or problem.get("title") or answer.reason_phrase)
    code = str(problem["code"])
    raise ApiError(
        f"{detail} ({code})",
        status=answer.status_code,
        code=code,
        detail=detail,
        extra=problem,
        retry_after=retry_after_of(answer),
    )


def _problem_of(body: bytes, *, otherwise: str) -> dict[str, Any]:
    """The problem that an answer tells of; signing in has words of its own for it, and what stands in its way (a proxy) may
    answer with something else."""
    try:
        problem: dict[str, Any] = {"code": _NO_CODE, **json.loads(body)}
    except (ValueError, TypeError):
        return {"detail": body.decode(errors="replace")[:200] or otherwise, "code": _NO_PROBLEM}
    if "error_code" in problem:
        return {**problem, "code": problem["error_code"], "detail": problem.get("msg")}
    return problem
