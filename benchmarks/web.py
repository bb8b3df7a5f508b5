"""Milliseconds from a click to the next page of the web app, and the frames of scrolling through a job of 100,000 rows.

In headless Chromium, in front of the whole system with the built web app.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import BrowserContext, Page

from benchmarks import web_pages, web_scroll
from benchmarks.customers import customer
from benchmarks.figures import Figure
from benchmarks.processes import watching
from benchmarks.web_rows import long_job, short_job
from deploy.local.services import DEMO_EMAIL
from deploy.local.stack import LocalStack
from deploy.local.state import default_path
from deploy.web.browser import chromium
from deploy.web.build import Workshop
from libs.cli.console import say

NAME = "web"

_ROWS = int(os.environ.get("BENCH_ROWS", "100000"))
_SECONDS = float(os.environ.get("BENCH_SECONDS", "20"))
_FEW = 100
_PROBE = Path(__file__).with_name("web_probe.js")


async def run() -> list[Figure]:
    """Pages first, then the two tables, in one browser."""
    root = await _web_root()
    with tempfile.TemporaryDirectory(prefix="corofy-bench-", dir="/var/tmp") as folder:
        Path(folder).chmod(0o711)
        env = {"ENV": "test", "PLAN_LIMITS": "off", "WEB_ROOT": root}
        async with (
            LocalStack(Path(folder) / "state", env=env, say=say) as stack,
            customer(stack, DEMO_EMAIL, grant=_ROWS + _FEW) as api,
        ):
            short = await short_job(api, Path(folder), rows=_FEW)
            long = await long_job(stack, api, Path(folder), rows=_ROWS, like=short)
            async with _browser(stack) as context, watching({"all of it": os.getpid()}) as usage:
                page = await _at_home(context, stack.secrets["DEMO_PASSWORD"])
                found = await web_pages.figures(page, await context.new_page())
                await page.bring_to_front()
                many = await web_scroll.look(page, long, rows=_ROWS, px_per_second=None, seconds=_SECONDS)
                fast = many.px_per_second
                less = await web_scroll.look(page, short.id, rows=_FEW, px_per_second=fast, seconds=_SECONDS)
    found += web_scroll.figures(many, less, rows=_ROWS, few=_FEW)
    return [*found, Figure(NAME, "processors taken by others", round(100 * usage.others_share), "%")]


async def _web_root() -> str:
    """The build that WEB_ROOT names, else the checkout's, as it is now."""
    if named := os.environ.get("WEB_ROOT"):
        return named
    workshop = Workshop(say=say)
    await workshop.build()
    return str(workshop.source.out)


@asynccontextmanager
async def _browser(stack: LocalStack) -> AsyncGenerator[BrowserContext]:
    async with chromium(default_path() / "web", say=say) as browser:
        context = await browser.new_context(
            base_url=stack.url("gateway"), viewport={"width": 1440, "height": 900}, locale="en-GB"
        )
        await context.add_init_script(path=_PROBE)
        yield context


async def _at_home(context: BrowserContext, password: str) -> Page:
    """A page in which the customer has signed in."""
    page = await context.new_page()
    await page.goto("/sign-in")
    await page.get_by_label("Email").fill(DEMO_EMAIL)
    await page.get_by_label("Password", exact=True).fill(password)
    await page.keyboard.press("Enter")
    await page.get_by_role("navigation", name="Main").wait_for()
    return page
