"""What an operation is called in the API's description, in generated clients and in the audit log: `cancel_job`."""

import re

from fastapi.routing import APIRoute

_VERBS = frozenset(
    {"list", "show", "get", "put", "post", "patch", "delete", "change", "remove", "set", "make", "start", "add"}
)


def operation_id(route: APIRoute) -> str:
    """The name of a route, for FastAPI's `generate_unique_id_function`."""
    return operation_name(route.name, path=route.path_format)


def operation_name(function: str, *, path: str) -> str:
    """The function's own name, with those words of the path that it leaves out: `list_rows` of `/v1/jobs/{job_id}/rows` is
    `list_job_rows`. It hangs on nothing but the two, so no new route renames another."""
    words = function.split("_")
    known = {_singular(word) for word in words}
    missing: list[str] = []
    segments = path.strip("/").split("/")
    for segment, after in zip(segments, [*segments[1:], ""], strict=True):
        parts = re.findall(r"[a-z]+", "" if segment.startswith("{") or segment == "v1" else segment)
        if not parts or "".join(parts) in function.replace("_", ""):
            continue
        fresh = [part for part in parts if _singular(part) not in known]
        if fresh and after.startswith("{"):
            fresh[-1] = _singular(fresh[-1])
        missing += fresh
    at = 1 if words[0] in _VERBS else len(words)
    return "_".join([*words[:at], *missing, *words[at:]])


def _singular(word: str) -> str:
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith("xes"):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word
