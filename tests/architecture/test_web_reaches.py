"""Whatever the API offers, people find on a page of the web app, or `docs/api-only.md` says why they do not."""

import functools
import json
import re
from pathlib import Path

from services.gateway.public_api import PATH

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "frontend" / "src"
API_ONLY = ROOT / "docs" / "api-only.md"
BY_LIBRARIES = {
    "tus-js-client": (
        "POST /v1/uploads/resumable",
        "HEAD /v1/uploads/resumable/{upload_id}",
        "PATCH /v1/uploads/resumable/{upload_id}",
    ),
    "@supabase/auth-js": (
        "POST /auth/v1/signup",
        "POST /auth/v1/token",
        "POST /auth/v1/logout",
        "POST /auth/v1/recover",
        "POST /auth/v1/verify",
        "GET /auth/v1/user",
        "PUT /auth/v1/user",
    ),
}
"""What the clients of two standard protocols ask for, in place of our own code."""
_METHODS = {"get", "post", "put", "patch", "delete", "head"}
_HOOK = re.compile(r"\$api\s*\.\s*\w+\(\s*\"(\w+)\",\s*\"(/[^\"]+)\"")
_CALL = re.compile(r"\bapi\s*\.\s*(GET|POST|PUT|PATCH|DELETE|HEAD)\(\s*[\"`](/[^\"`]+)[\"`]")
_FETCHED = re.compile(r"(?:download|Request|URL)\(\s*(?:new URL\(\s*)?[\"`](/v1/[^\"`?]*)")
_LISTED = re.compile(r"^\| `(GET|POST|PUT|PATCH|DELETE|HEAD) (/[^`]+)` \| (.+) \|$", re.MULTILINE)


@functools.cache
def operations() -> frozenset[str]:
    """`GET /v1/jobs` and so on, of the committed description."""
    paths = json.loads(PATH.read_bytes())["paths"]
    return frozenset(
        f"{method.upper()} {path}" for path, item in paths.items() for method in item if method in _METHODS
    )


@functools.cache
def sources() -> str:
    files = [file for kind in ("ts", "tsx") for file in SOURCES.rglob(f"*.{kind}") if file.name != "schema.d.ts"]
    return "\n".join(file.read_text() for file in files)


@functools.cache
def asked() -> frozenset[str]:
    """What the sources name, as they name it: a part that is put in (`${…}`) may be any."""
    called = {f"{method.upper()} {path}" for pattern in (_HOOK, _CALL) for method, path in pattern.findall(sources())}
    libraries = {one for name, them in BY_LIBRARIES.items() if f'"{name}"' in sources() for one in them}
    fetched = {f"{method.upper()} {path}" for path in _FETCHED.findall(sources()) for method in _offered(path)}
    return frozenset(called | libraries | fetched)


def _offered(path: str) -> set[str]:
    """What there is at an address that is fetched by itself, such as a file; GET where there is nothing."""
    found = {one.split(" ", 1)[0] for one in operations() if reaches(f"{one.split(' ', 1)[0]} {path}", one)}
    return found or {"GET"}


def reaches(one: str, operation: str) -> bool:
    parts = [re.escape(part) for part in re.split(r"\$\{[^}]*\}", one)]
    return re.fullmatch(r"[^/]+".join(parts), operation) is not None


@functools.cache
def reached() -> frozenset[str]:
    return frozenset(operation for operation in operations() if any(reaches(one, operation) for one in asked()))


@functools.cache
def listed() -> dict[str, str]:
    return {f"{method} {path}": why for method, path, why in _LISTED.findall(API_ONLY.read_text())}


def test_every_operation_is_on_a_page_or_says_why_not() -> None:
    """Red with a new operation that nobody has made a page for."""
    missing = sorted(operations() - reached() - set(listed()))
    assert not missing, "no page asks for these; make one, or give the reason in docs/api-only.md:\n" + "\n".join(
        missing
    )


def test_nothing_is_called_api_only_that_a_page_does_or_nobody_offers() -> None:
    """Red when the list is older than the pages or the API."""
    assert sorted(set(listed()) & reached()) == []
    assert sorted(set(listed()) - operations()) == []


def test_the_pages_ask_for_nothing_that_is_not_offered() -> None:
    """Red when an operation is renamed and a page still asks for the former."""
    assert sorted(one for one in asked() if not any(reaches(one, operation) for operation in operations())) == []
