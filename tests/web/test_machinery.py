"""What stands under every page: files, headers, policies, and that the browser has nothing to complain of."""

from __future__ import annotations

import json
import re

import httpx
import pytest
from playwright.async_api import Page, Response, expect

from deploy.web.source import TABLE
from tests.support.whole_system import WEB_ROOT
from tests.web.browser import Watch
from tests.web.conftest import Person


def pages() -> list[str]:
    """Every page of the export."""
    files: dict[str, dict[str, str]] = json.loads((WEB_ROOT / TABLE).read_bytes())["files"]
    return sorted(path for path, file in files.items() if file["kind"].startswith("text/html") and path != "/404")


async def test_signing_in_leads_home(page: Page, person: Person) -> None:
    """Red when the form, the issuer, the session or the policy that lets them talk is broken."""
    await page.goto("/sign-in")
    await expect(page).to_have_title(re.compile("Sign in"))
    await page.get_by_label("Email").fill(person.email)
    await page.get_by_label("Password", exact=True).fill(person.password)
    await page.keyboard.press("Enter")
    await page.wait_for_url(re.compile(r"/$"))
    await expect(page.get_by_text("Acme Lubricants").first).to_be_visible()


async def test_a_wrong_password_is_said_and_nobody_is_let_in(page: Page, person: Person, watch: Watch) -> None:
    """Red when a refusal looks like a success or says nothing. (It also shows that a refused request is seen here.)"""
    watch.expect(r"400 POST .*/auth/v1/token")
    await page.goto("/sign-in")
    await page.get_by_label("Email").fill(person.email)
    await page.get_by_label("Password", exact=True).fill("not the password")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert").filter(has_text=re.compile(r"\w")).first).to_be_visible()
    assert page.url.endswith("/sign-in")
    assert watch.complaints


async def test_no_page_breaks_the_policy_it_is_served_with(page: Page, signed_in: Person, watch: Watch) -> None:
    """Red when a page holds a script or a style that its policy does not name: each is opened anew, by its address."""
    for path in pages():
        answer = await page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        policy = (await answer.all_headers())["content-security-policy"]
        assert "'unsafe-inline'" not in policy.replace("style-src-attr 'unsafe-inline'", ""), path
        assert "'unsafe-eval'" not in policy, path
        # Not until the network is at rest: live events keep a stream open.
        await expect(page.get_by_role("main").first).to_be_visible()
        assert watch.unexpected == [], path


async def test_a_script_that_was_not_built_does_not_run(page: Page, watch: Watch, site: str) -> None:
    """Red when the policy is there and lets through what an attacker would put into a page."""
    watch.expect(r"Content Security Policy")
    await page.goto("/sign-in")
    await page.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "window.taken = true";
            document.body.append(script);
        }"""
    )
    assert await page.evaluate("() => window.taken === true") is False
    assert any("Content Security Policy" in line for line in watch.complaints)


async def test_what_cannot_change_is_fetched_once(page: Page) -> None:
    """Red when a second visit loads the scripts again."""
    fetched: list[Response] = []
    page.on("response", lambda response: fetched.append(response) if "/_next/static/" in response.url else None)
    await page.goto("/sign-in")
    await page.wait_for_load_state("networkidle")
    assert fetched
    for response in fetched:
        assert "immutable" in response.headers["cache-control"], response.url
    assert any(response.headers.get("content-encoding") in {"br", "gzip"} for response in fetched)
    await page.reload()
    await page.wait_for_load_state("networkidle")
    moved = await page.evaluate(
        """() => performance.getEntriesByType("resource")
            .filter((entry) => entry.name.includes("/_next/static/") && entry.transferSize > 0)
            .map((entry) => entry.name)"""
    )
    assert moved == [], "all of it comes from the browser's cache"


async def test_an_address_that_is_none_shows_a_page_that_says_so(page: Page, watch: Watch) -> None:
    """Red when a mistyped address shows JSON or an empty page."""
    watch.expect(r"404 GET .*/no-such-page$")
    answer = await page.goto("/no-such-page")
    assert answer is not None
    assert answer.status == 404
    await expect(page.get_by_role("heading").first).to_be_visible()


async def test_nothing_comes_from_another_host(page: Page, signed_in: Person, site: str) -> None:
    """Red when a font, a script or a picture is fetched from somebody who would then know who works with what."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for path in pages():
        await page.goto(path)
        await expect(page.get_by_role("main").first).to_be_visible()
    assert [url for url in asked if not url.startswith((site, "data:", "blob:"))] == []


async def test_the_web_app_learns_at_run_time_where_it_is(site: str) -> None:
    """Red when what differs between places is baked into the files."""
    async with httpx.AsyncClient(base_url=site, trust_env=False) as client:
        told = (await client.get("/config.json")).raise_for_status().json()
    assert (told["app_base_url"], told["environment"], told["sandboxed"]) == (site, "test", True)
    baked = [path for path in WEB_ROOT.rglob("*.js") if site in path.read_text("utf-8")]
    assert baked == []


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_the_theme_is_there_before_the_first_paint(page: Page, theme: str) -> None:
    """Red when a dark page flashes white: the script that chooses must run, whatever the policy."""
    await page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    await page.goto("/sign-in", wait_until="commit")
    # Behind the script there is something to paint; the body is there before it.
    await page.wait_for_function("() => document.body?.children.length > 2")
    assert await page.evaluate("() => document.documentElement.classList.contains('dark')") is (theme == "dark")
