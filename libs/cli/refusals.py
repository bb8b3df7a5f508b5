"""What the API says when it says no, and when it may be asked again."""

from __future__ import annotations

import json
from typing import Any

import httpx

from libs.cli.errors import ApiError

Json = dict[str, Any]


def may_ask_again(answer: httpx.Response, *, harmless: bool) -> bool:
    """503 says that nothing was done, except where the database went away, perhaps in the middle of a commit."""
    if answer.status_code not in {502, 503}:
        return False
    code = _problem_of(answer.content, otherwise=answer.reason_phrase)["code"]
    maybe_done = code in {"outcome_unknown", "database_unavailable"}
    return (harmless and maybe_done) or (answer.status_code == 503 and not maybe_done)


async def refuse(answer: httpx.Response) -> None:
    """Raises ApiError for an answer that is no success, in its own words."""
    if answer.is_success:
        return
    problem = _problem_of(await answer.aread(), otherwise=answer.reason_phrase)
    what = problem.get("detail") or problem.get("title") or answer.reason_phrase
    code = str(problem["code"])
    raise ApiError(f"{what} ({code})", status=answer.status_code, code=code, extra=problem)


def _problem_of(body: bytes, *, otherwise: str) -> Json:
    """The problem that an answer tells of; signing in has words of its own for it, and what stands in its way (a proxy) may
    answer with something else."""
    try:
        problem: Json = {"code": "unknown", **json.loads(body)}
    except (ValueError, TypeError):
        return {"detail": body.decode(errors="replace")[:200] or otherwise, "code": "no_problem_given"}
    if "error_code" in problem:
        return {**problem, "code": problem["error_code"], "detail": problem.get("msg")}
    return problem
