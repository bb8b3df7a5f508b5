"""The command: a whole system of its own, a workspace in it as one would be after some weeks, and a picture of every page."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from deploy.local.processes import adopting_orphans
from deploy.local.services import DEMO_EMAIL
from deploy.local.stack import LocalStack
from deploy.local.state import CHECKOUT, default_path
from deploy.web.browser import chromium
from libs.cli.api import Api
from libs.cli.console import result, say
from libs.cli.errors import CliError
from libs.cli.screenshots import gallery
from libs.cli.screenshots.camera import Camera, camera
from libs.cli.screenshots.office import NEWCOMER, OWNER, connect_programs, keep_order, open_office
from libs.cli.screenshots.outreach import reach_out
from libs.cli.screenshots.outside import Outside, receiver
from libs.cli.screenshots.research import research
from libs.cli.screenshots.views import View
from libs.cli.web import build

PICTURES = CHECKOUT / "docs" / "screenshots"


async def screenshots(names: Sequence[str], folder: Path) -> None:
    """Photographs the views of these names, or all of them. Raises CliError, WebError or StackError with what to do."""
    try:
        wanted = gallery.chosen(names)
    except KeyError as error:
        raise CliError(f"There is no picture called {error.args[0]}: {folder.name}/README.md lists them.") from error
    gallery.make(folder)
    await build()
    async with _system() as (stack, work), receiver() as address:
        say("Making a workspace to photograph: research, mails, people (about a minute)")
        password = secrets.token_urlsafe(16)
        made = await _workspace(stack, work, address=address, password=password)
        await _photograph(wanted, made, folder, site=stack.url("gateway"), password=password)
    if folder == PICTURES:
        gallery.put_in_order(folder)
    result(f"[bold green]Done[/]: {len(wanted)} pages in {folder}, which holds {gallery.megabytes(folder):.1f} MB.")


@asynccontextmanager
async def _system() -> AsyncGenerator[tuple[LocalStack, Path]]:
    """Everything on ports and in a folder of its own, which is gone afterwards; and a folder for files."""
    # Not below a user's temporary folder, which the servers' unprivileged user may not enter.
    with tempfile.TemporaryDirectory(prefix="corofy-pictures-", dir="/var/tmp") as name:
        folder = gallery.make(Path(name))
        env = {"LOG_LEVEL": "WARNING", "ENV": "development"}
        with adopting_orphans():
            async with LocalStack(folder / "state", fsync=False, env=env, say=say) as stack:
                yield stack, folder


async def _workspace(stack: LocalStack, work: Path, *, address: str, password: str) -> dict[str, str]:
    """By the public API only. What was made, by the names that views fill in."""
    site, outside = stack.url("gateway"), Outside(stack.url("sandbox"))
    try:
        async with Api(site) as operator, Api(site) as owner:
            await operator.sign_in_or_up(DEMO_EMAIL, password, workspace="Operations")
            await open_office(owner, operator, outside, site=site, password=password)
            await connect_programs(owner, receiver=address)
            made = await research(owner, work)
            made |= await reach_out(owner, outside, work, job_list=made["job_list"])
            await keep_order(owner)
            return {**made, "invitation": await outside.token_mailed_to(NEWCOMER)}
    finally:
        await outside.close()


async def _photograph(wanted: Sequence[View], made: dict[str, str], folder: Path, *, site: str, password: str) -> None:
    async with chromium(default_path() / "web", say=say) as browser:
        async with camera(browser, site, folder) as newcomer:
            await _show(newcomer, [view for view in wanted if view.signed_out], made)
        async with camera(browser, site, folder) as owner:
            await owner.sign_in(OWNER, password)
            await _show(owner, [view for view in wanted if not view.signed_out], made)


async def _show(window: Camera, wanted: Sequence[View], made: dict[str, str]) -> None:
    for view in wanted:
        say(f"{view.name:<24} {view.path}")
        await window.show(view.name, view.filled(made))
