"""Signing in at another address, as where Supabase does it: our own issuer stands for it, which speaks the same words."""

from __future__ import annotations

import re
import tempfile
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from deploy.local.services import process_of, url_of
from deploy.local.stack import LocalStack
from deploy.local.state import State
from tests.support.waiting import eventually
from tests.support.whole_system import WEB_ROOT
from tests.web.browser import Watch
from tests.web.conftest import PATIENCE_MS, WIDE

ANON_KEY = "sb_publishable_for-tests"


@dataclass(frozen=True)
class Elsewhere:
    """Two more gateways on the same database: `app` serves the web app, `issuer` signs people in."""

    app: str
    issuer: str


@pytest.fixture
async def elsewhere(stack: LocalStack) -> AsyncGenerator[Elsewhere]:
    with tempfile.TemporaryDirectory(prefix="corofy-elsewhere-", dir="/var/tmp") as folder:
        state = State.open(Path(folder))
        ports = state.ports()
        app, issuer = url_of("gateway", ports), url_of("gateway-2", ports)
        secret = stack.env["AUTH_SECRET"]
        supabase = {"SUPABASE_URL": issuer, "SUPABASE_ANON_KEY": ANON_KEY}
        believed = {"SUPABASE_JWT_SECRET": secret, "SUPABASE_JWT_ALGORITHMS": "HS256"}
        shared = {**stack.env, "WEB_ROOT": str(WEB_ROOT)}
        processes = [
            process_of(
                "gateway", env={**shared, "APP_BASE_URL": app, **supabase, **believed}, state=state, ports=ports
            ),
            process_of(
                "gateway-2",
                env={**shared, "APP_BASE_URL": issuer, "FRONTEND_BASE_URLS": app},
                state=state,
                ports=ports,
            ),
        ]
        try:
            for process in processes:
                process.start()
            async with httpx.AsyncClient(trust_env=False) as client:
                for url in (app, issuer):

                    async def ready(at: str = url) -> bool:
                        try:
                            return (await client.get(f"{at}/readyz")).is_success
                        except httpx.TransportError:
                            return False

                    await eventually(ready)
            yield Elsewhere(app, issuer)
        finally:
            for process in processes:
                await process.stop()


@pytest.fixture
async def away(browser: Browser, elsewhere: Elsewhere) -> AsyncGenerator[BrowserContext]:
    context = await browser.new_context(base_url=elsewhere.app, viewport=WIDE, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE_MS)
    yield context
    await context.close()


async def _account(elsewhere: Elsewhere) -> tuple[str, str]:
    email, password = f"{uuid4().hex[:12]}@person.example", f"pass-{uuid4().hex}"
    async with httpx.AsyncClient(base_url=elsewhere.issuer, timeout=30, trust_env=False) as client:
        body = {"email": email, "password": password, "data": {"workspace_name": "Elsewhere Oils"}}
        (await client.post("/auth/v1/signup", json=body)).raise_for_status()
    return email, password


async def test_people_sign_in_at_supabase_and_work_here(away: BrowserContext, elsewhere: Elsewhere) -> None:
    """Red when the web app asks the wrong address, without its key, the policy of its pages keeps it from asking, the API
    does not believe what Supabase has signed, or signing out ends the session only here."""
    email, password = await _account(elsewhere)
    page: Page = await away.new_page()
    (watch := Watch(page, elsewhere.app)).begin()
    asked: list[tuple[str, str | None]] = []
    page.on(
        "request", lambda one: asked.append((one.url, one.headers.get("apikey"))) if "/auth/v1/" in one.url else None
    )
    answer = await page.goto("/sign-in")
    assert answer is not None
    policy = (await answer.all_headers())["content-security-policy"]
    assert re.search(rf"connect-src [^;]*{re.escape(elsewhere.issuer)}", policy), policy
    await page.get_by_label("Email").fill(email)
    await page.get_by_label("Password", exact=True).fill(password)
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"{elsewhere.app}/")
    await expect(page.get_by_text("Elsewhere Oils").first).to_be_visible()
    assert asked
    assert all(url.startswith(elsewhere.issuer) and key == ANON_KEY for url, key in asked), asked

    kept = await page.evaluate("() => JSON.parse(localStorage.getItem('corofy.session'))")
    async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
        client.headers["Authorization"] = f"Bearer {kept['access_token']}"
        assert (await client.get(f"{elsewhere.app}/v1/me")).raise_for_status().json()["email"] == email
        await page.keyboard.press("Control+k")
        await expect(page.get_by_role("combobox")).to_be_focused()
        await page.keyboard.type("Sign out")
        await expect(page.get_by_role("option", selected=True)).to_have_text("Sign out")
        await page.keyboard.press("Enter")
        await page.wait_for_url(re.compile(r"/sign-in"))
        renewed = await client.post(
            f"{elsewhere.issuer}/auth/v1/token",
            params={"grant_type": "refresh_token"},
            json={"refresh_token": kept["refresh_token"]},
        )
        assert renewed.status_code == 400
    assert watch.unexpected == []
