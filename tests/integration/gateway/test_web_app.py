"""The web app as the gateway serves it beside the API: files, headers, what is not there, and what it is told."""

import asyncio
import base64
import gzip
import hashlib
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from deploy.web.served import write_table
from tests.integration.gateway.conftest import Behind, Gateway, replica

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
SCRIPT = "document.documentElement.dataset.theme='dark'"
FILES = {
    "index.html": f"<!doctype html><script>{SCRIPT}</script><style>p{{color:red}}</style><h1>Home</h1>",
    "404.html": "<!doctype html><h1>Not here</h1>",
    "404/index.html": "<!doctype html><h1>Not here</h1>",
    "jobs/index.html": "<!doctype html><h1>Jobs</h1>",
    "about.html": "<!doctype html><h1>About</h1>",
    "_next/static/chunks/1a.js": "console.log(1);" * 200,
    "robots.txt": "User-agent: *\nDisallow: /\n",
}


@pytest.fixture
def web_root(tmp_path: Path) -> Path:
    """An export as the build leaves it, with a secret beside it that nobody may have."""
    out = tmp_path / "out"
    for name, content in FILES.items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text(content)
    script = out / "_next/static/chunks/1a.js"
    script.with_name("1a.js.gz").write_bytes(gzip.compress(script.read_bytes()))
    (tmp_path / "secrets.env").write_text("not for you")
    write_table(out, stamp="1")
    return out


@pytest.fixture
async def behind_with_web(behind: Behind, web_root: Path, monkeypatch: pytest.MonkeyPatch) -> Behind:
    monkeypatch.setenv("WEB_ROOT", str(web_root))
    return behind


async def test_a_page_is_served_with_a_policy_that_runs_only_what_was_built(behind_with_web: Behind) -> None:
    """Red when a page goes out without its policy, or the policy takes a script that the build did not see."""
    async with replica(behind_with_web) as gateway:
        answer = await gateway.client.get("/", headers=HTML)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "<h1>Home</h1>" in answer.text
    parts = (part.partition(" ") for part in answer.headers["Content-Security-Policy"].split("; "))
    policy = {name: sources for name, _, sources in parts}
    digest = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    assert policy["script-src"] == f"'self' 'sha256-{digest}'"
    assert policy["style-src"].startswith("'self' 'sha256-")
    assert (policy["default-src"], policy["connect-src"]) == ("'none'", "'self'")
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "camera=()" in answer.headers["Permissions-Policy"]


async def test_what_the_build_has_named_by_its_contents_is_kept_for_ever_and_sent_packed(
    behind_with_web: Behind,
) -> None:
    """Red when a browser asks again for what cannot change, or the packed form is not sent, or to who does not take it."""
    async with replica(behind_with_web) as gateway:
        packed = await gateway.client.get("/_next/static/chunks/1a.js", headers={"Accept-Encoding": "br, gzip"})
        plain = await gateway.client.get("/_next/static/chunks/1a.js", headers={"Accept-Encoding": "gzip;q=0"})
        head = await gateway.client.head("/_next/static/chunks/1a.js", headers={"Accept-Encoding": "identity"})
    assert packed.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert (packed.headers["Content-Encoding"], packed.headers["Vary"]) == ("gzip", "Accept-Encoding")
    assert packed.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert "Content-Encoding" not in plain.headers
    assert packed.text == plain.text == FILES["_next/static/chunks/1a.js"]
    assert (head.content, head.headers["Content-Length"]) == (b"", str(len(plain.content)))


async def test_who_knows_a_page_is_not_sent_it_again(behind_with_web: Behind) -> None:
    """Red when every visit loads every page whole."""
    async with replica(behind_with_web) as gateway:
        first = await gateway.client.get("/jobs/", headers=HTML)
        again = await gateway.client.get("/jobs/", headers={**HTML, "If-None-Match": first.headers["ETag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    assert again.headers["Content-Security-Policy"] == first.headers["Content-Security-Policy"]


@pytest.mark.parametrize(("asked", "meant"), [("/jobs?id=7&x=%2F", "/jobs/?id=7&x=%2F"), ("/about/", "/about")])
async def test_a_page_has_one_address(behind_with_web: Behind, asked: str, meant: str) -> None:
    """Red when a slash too many or too few leads nowhere, or what was asked behind it is lost."""
    async with replica(behind_with_web) as gateway:
        answer = await gateway.client.get(asked, headers=HTML)
    assert (answer.status_code, answer.headers["Location"]) == (308, meant)


@pytest.mark.parametrize("path", ["/nothing", "/jobs/nothing/", "//evil.example/", "/404", "/404/", "/jobs.html"])
async def test_who_reads_pages_is_told_by_a_page_that_there_is_none(behind_with_web: Behind, path: str) -> None:
    """Red when a mistyped address shows JSON, or a missing page says 200."""
    async with replica(behind_with_web) as gateway:
        answer = await gateway.client.get(f"{gateway.base}{path}", headers=HTML)
    assert (answer.status_code, "<h1>Not here</h1>" in answer.text) == (404, True)
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]


async def test_the_api_answers_as_it_does_without_a_web_app(behind_with_web: Behind) -> None:
    """Red when an asker of the API is sent a page, or a file takes the place of a route."""
    async with replica(behind_with_web) as gateway:
        client = gateway.client
        for path in ("/v1/nothing", "/auth/v1/nothing", "/docs/nothing", "/u/", "/internal/nothing"):
            answer = await client.get(path, headers=HTML)
            assert answer.headers["Content-Type"] == "application/problem+json", path
        script = await client.get("/_next/static/chunks/gone.js", headers={"Accept": "*/*"})
        posted = await client.post("/nothing", headers=HTML)
        written = await client.put("/", headers=HTML)
    for answer in (script, posted, written):
        assert (answer.status_code, answer.json()["code"]) == (404, "route_not_found")


@pytest.mark.parametrize(
    "path",
    [
        "/../secrets.env",
        "/%2e%2e/secrets.env",
        "/..%2fsecrets.env",
        "/_next/../../secrets.env",
        "/_next/static/",
        "/served.json",
    ],
)
async def test_no_path_leads_out_of_the_table(behind_with_web: Behind, path: str) -> None:
    """Red when a file that is not the web app's can be had, or a folder is listed. The path goes out as it stands here."""
    async with replica(behind_with_web) as gateway:
        address = urlsplit(gateway.base)
        with socket.create_connection((address.hostname, address.port), timeout=5) as wire:
            wire.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
            head = await _first_line(wire)
    assert " 404 " in head


async def _first_line(wire: socket.socket) -> str:
    return (await asyncio.to_thread(wire.recv, 4096)).decode("latin-1").split("\r\n")[0]


async def test_a_build_beside_a_running_gateway_is_seen_at_once(behind_with_web: Behind, web_root: Path) -> None:
    """Red when only a restart shows a new build, or one that is under way breaks what asks meanwhile."""
    async with replica(behind_with_web) as gateway:
        (web_root / "served.json").unlink()
        waiting = await gateway.client.get("/jobs/", headers=HTML)
        api = await gateway.client.get("/v1/me", headers=HTML)
        (web_root / "jobs/index.html").write_text("<h1>New jobs</h1>")
        write_table(web_root, stamp="2")
        built = await gateway.client.get("/jobs/", headers=HTML)
    assert (waiting.status_code, api.status_code) == (503, 401)
    assert "./corofy web build" in waiting.text
    assert built.text == "<h1>New jobs</h1>"


async def test_without_a_web_app_there_is_the_api_alone(gateway: Gateway) -> None:
    """Red when a gateway for the API alone shows pages."""
    answer = await gateway.client.get("/", headers=HTML)
    assert (answer.status_code, answer.json()["code"]) == (404, "route_not_found")


async def test_the_web_app_is_told_who_signs_people_in(behind: Behind, monkeypatch: pytest.MonkeyPatch) -> None:
    """Red when the web app needs a build of its own for each place, or is told a secret."""
    async with replica(behind) as gateway:
        own = (await gateway.client.get("/config.json")).json()
    assert own["auth"] == {
        "provider": "corofy",
        "url": "",
        "anon_key": "",
        "sign_up": True,
        "confirms_addresses": False,
    }
    assert (own["environment"], own["sandboxed"]) == ("test", False)
    monkeypatch.setenv("SUPABASE_URL", "https://abc.supabase.co")
    monkeypatch.setenv("SUPABASE_ANON_KEY", "sb_publishable_abc")
    monkeypatch.setenv("SANDBOX_URL", "http://127.0.0.1:9")
    async with replica(behind) as gateway:
        theirs = (await gateway.client.get("/config.json")).json()
    assert (theirs["auth"]["provider"], theirs["auth"]["url"]) == ("supabase", "https://abc.supabase.co")
    assert (theirs["auth"]["anon_key"], theirs["sandboxed"]) == ("sb_publishable_abc", True)
    assert set(theirs) == {"version", "environment", "app_base_url", "sandboxed", "auth"}


async def test_pages_may_ask_the_supabase_project_that_signs_people_in(
    behind_with_web: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Red when a browser refuses to sign anybody in there."""
    monkeypatch.setenv("SUPABASE_URL", "https://abc.supabase.co")
    async with replica(behind_with_web) as gateway:
        answer = await gateway.client.get("/", headers=HTML)
    assert "connect-src 'self' https://abc.supabase.co;" in answer.headers["Content-Security-Policy"]
