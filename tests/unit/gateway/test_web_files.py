"""Rules by which a path means a file of the web app, and which keys a browser may be told."""

import base64
import json

import pytest

from services.gateway.domain.supabase_keys import is_secret_key
from services.gateway.domain.web_files import WebFile, WebTable, coding_for, is_of_the_api

PAGE = WebFile(file="jobs/index.html", kind="text/html; charset=utf-8", etag="1", packed=("br", "gzip"))
TABLE = WebTable({"/jobs/": PAGE, "/a.js": WebFile(file="a.js", kind="text/javascript", etag="2")})


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br", "br"),
        ("gzip", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("br; q=0, GZIP", "gzip"),
        ("identity", None),
        ("", None),
        ("gzip;q=0", None),
    ],
)
def test_the_best_form_that_the_asker_takes_is_sent(accepted: str, coding: str | None) -> None:
    """Red when a browser gets what it has said it does not read."""
    assert coding_for(PAGE, accepted) == coding


def test_only_pages_have_another_form_of_their_address() -> None:
    """Red when `/a.js/` means a script."""
    assert TABLE.other_form_of("/jobs") == "/jobs/"
    assert TABLE.other_form_of("/a.js/") is None
    assert TABLE.find("/jobs") is None


@pytest.mark.parametrize(
    ("path", "is_one"),
    [("/v1/jobs", True), ("/auth/v1/token", True), ("/mcp", True), ("/u/x", True), ("/", False), ("/users/", False)],
)
def test_paths_of_the_api_are_known_by_their_first_part(path: str, is_one: bool) -> None:
    """Red when a page that begins with the same letters is taken for the API."""
    assert is_of_the_api(path) is is_one


def _token(role: str) -> str:
    claims = base64.urlsafe_b64encode(json.dumps({"role": role}).encode()).decode().rstrip("=")
    return f"eyJhbGciOiJIUzI1NiJ9.{claims}.c2ln"


@pytest.mark.parametrize(
    ("key", "is_secret"),
    [
        ("sb_secret_abc", True),
        (_token("service_role"), True),
        (_token("anon"), False),
        ("sb_publishable_abc", False),
        ("", False),
        ("a.b!.c", False),
    ],
)
def test_a_key_that_opens_everything_is_known(key: str, is_secret: bool) -> None:
    """Red when every browser would be told the key of the service itself."""
    assert is_secret_key(key) is is_secret
