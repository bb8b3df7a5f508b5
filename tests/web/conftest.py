"""Chromium in front of the whole system: a browser for the session, a watched page and a person for each test."""

from __future__ import annotations

import re
import sys
from collections.abc import AsyncGenerator, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from playwright.async_api import Browser, BrowserContext, Page, ViewportSize, expect

from deploy.local.stack import LocalStack
from deploy.local.state import default_path
from deploy.web.browser import chromium
from deploy.web.source import TABLE
from tests.support.journey import User, grant, sign_up
from tests.support.whole_system import WEB_ROOT
from tests.web.browser import Watch
from tests.web.pressed import Pressed

FAILED = default_path() / "web" / "failed-tests"
PATIENCE_MS = 20_000
"""For what comes within a second on a machine that has nothing else to do."""
WIDE: ViewportSize = {"width": 1440, "height": 900}


def _say(line: str) -> None:
    print(line, file=sys.stderr)  # noqa: T201 - a person waits for it


@dataclass(frozen=True)
class Person:
    """Somebody with an account, a workspace and credits, who has not signed in in the browser. `user` is them over HTTP."""

    email: str
    password: str
    user: User


@pytest.fixture(scope="session")
async def site(stack: LocalStack) -> str:
    """Where the web app is. `./corofy test` has built it: a first build takes longer than a test may."""
    if not (WEB_ROOT / TABLE).exists():
        pytest.fail("the web app is not built: ./corofy web build says why")
    return stack.url("gateway")


@pytest.fixture(scope="session")
async def browser() -> AsyncGenerator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)
    async with chromium(default_path() / "web", say=_say) as browser:
        yield browser


@pytest.fixture(scope="session")
def pressed() -> Generator[Pressed]:
    """What the tests have done with the pages so far."""
    with pytest.MonkeyPatch.context() as patch:
        pressed = Pressed()
        pressed.listen(patch)
        yield pressed


@pytest.fixture
async def context(browser: Browser, site: str, pressed: Pressed) -> AsyncGenerator[BrowserContext]:
    """A profile of its own: no session, no storage, nothing cached."""
    pressed.begin()
    context = await browser.new_context(base_url=site, viewport=WIDE, reduced_motion="reduce", locale="en-GB")
    pressed.hear(context)
    context.set_default_timeout(PATIENCE_MS)
    yield context
    await context.close()


@pytest.fixture
async def watch(context: BrowserContext, site: str, request: pytest.FixtureRequest) -> AsyncGenerator[Watch]:
    """The page's complaints; any that the test did not expect fails it. What failed leaves a screenshot and a log."""
    watch = Watch(await context.new_page(), site)
    watch.begin()
    yield watch
    report = getattr(request.node, "outcome_of_call", None)
    if report is None or report.failed or watch.unexpected:
        kept = kept_of(request.node)
        kept.parent.mkdir(parents=True, exist_ok=True)
        # Chromium takes no pictures of pages that are very high.
        is_drawn = await watch.page.evaluate("document.documentElement.scrollHeight < 16000")
        await watch.page.screenshot(path=kept.with_suffix(".png"), full_page=is_drawn)
        watch.keep(kept.with_suffix(".log"))
        complaints = "\n".join(watch.unexpected)
        assert not watch.unexpected, f"the browser complains:\n{complaints}\nSee {kept.with_suffix('.log')}"


@pytest.fixture
def page(watch: Watch) -> Page:
    """A watched page."""
    return watch.page


@pytest.fixture
async def person(site: str, operator: httpx.AsyncClient) -> AsyncGenerator[Person]:
    """Somebody new with 1,000 credits."""
    email, password = f"{uuid4().hex[:12]}@person.example", f"pass-{uuid4().hex}"
    async with httpx.AsyncClient(base_url=site, timeout=30, trust_env=False) as client:
        me = await sign_up(client, email, password=password, workspace="Acme Lubricants")
        user = User(client, me["workspace_id"])
        await grant(user, operator, 1000)
        yield Person(email, password, user)


@pytest.fixture
async def signed_in(page: Page, person: Person) -> Person:
    """The person, signed in on `page` and at home."""
    await sign_in(page, person.email, person.password)
    return person


async def sign_in(page: Page, email: str, password: str, *, at: str = "/sign-in") -> None:
    """By the form, until home is there."""
    await page.goto(at)
    await page.get_by_label("Email").fill(email)
    await page.get_by_label("Password", exact=True).fill(password)
    await page.keyboard.press("Enter")
    await page.wait_for_url(re.compile(r"/(\?.*)?$"))


def kept_of(item: pytest.Item) -> Path:
    """Where a failing test leaves what there is to look at, without a suffix."""
    return FAILED / re.sub(r"[^\w-]+", "-", item.nodeid.removeprefix("tests/web/"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[Any]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Lets fixtures see how the test ended, and the reader where to look."""
    report = yield
    if report.when == "call":
        item.outcome_of_call = report  # pyright: ignore[reportAttributeAccessIssue] - pytest's own way to tell fixtures
        if report.failed:
            kept = kept_of(item)
            report.sections.append(("In the browser", f"{kept.with_suffix('.png')}\n{kept.with_suffix('.log')}"))
    return report
