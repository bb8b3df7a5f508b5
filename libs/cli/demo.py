"""`corofy demo`: the whole system at work on a sample list, from the upload to the first mails."""

from __future__ import annotations

import time
from pathlib import Path

from deploy.local.services import DEMO_EMAIL
from deploy.local.state import CHECKOUT, default_path
from libs.cli import journey
from libs.cli.api import Api
from libs.cli.catalogue import EXAMPLE, send
from libs.cli.console import result, say
from libs.cli.errors import CliError
from libs.cli.target import Target, running_or_started
from libs.cli.waiting import for_ever
from libs.client.generated import models

SAMPLE = CHECKOUT / "samples" / "leads.csv"


async def demo(*, once: bool, folder: Path) -> None:
    """Runs the sample through everything; without `once` leaves it running until Ctrl-C."""
    if not SAMPLE.exists():
        raise CliError(f"The sample list {SAMPLE} is missing: restore it with git checkout samples.")
    _check_writable(folder)
    started_at = time.monotonic()
    async with running_or_started(web_app=True) as target:
        async with Api(target.api) as api:
            await journey.sign_in(api, target)
            await have_catalogue(api)
            job = await journey.enrich_file(api, SAMPLE)
            file = await journey.save(api, job, folder / "leads-enriched.xlsx")
            campaign = await journey.start_campaign(api, job)
            left = (await api.show_credits()).available
        seconds = time.monotonic() - started_at
        has_web_app = await target.has_web_app()
        tell(
            job,
            campaign,
            left=left,
            seconds=seconds,
        )
        result("\n[bold]Where to look[/]")
        if has_web_app and not (once and target.owned):
            result(f"  the web app  [bold]{target.api}[/]")
        result(f"  the list     {file}")
        if once and target.owned:
            result("  the rest     ./corofy up starts everything again, with this list and these mails")
        else:
            await _tell_addresses(target)
        result("  the docs     README.md, docs/architecture.md")
        if not once and target.owned:
            result("\nEverything keeps running. [bold]Ctrl-C[/] stops it.")
            await for_ever()


async def have_catalogue(api: Api) -> None:
    """The example, where there is none: what somebody has made of it stays."""
    if (await api.get_catalogue()).version == 0:
        say("Importing the example catalogue: lubricant makers are offered additives")
        await send(api, EXAMPLE.read_bytes(), kind="application/json")


def _check_writable(folder: Path) -> None:
    probe = folder / ".corofy-write-test"
    try:
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise CliError(
            f"The current folder {folder} cannot be written to ({error.strerror}), and the enriched list goes there: "
            f"change to another folder."
        ) from error


def tell(job: models.JobOut, campaign: models.CampaignOut, *, left: int, seconds: float) -> None:
    """What it did and what it cost."""
    result(f"\n[bold green]Done[/] in {seconds:.0f} s.")
    result(f"  researched   {journey.outcome_of(job)}")
    result(f"  cost         {job.credits_total:,} credits; {left:,} are left")
    if campaign.state == "draft":
        result("  mails        none: nobody on the list can be written to (why is said above)")
        return
    counts, quota = campaign.counts, campaign.quota_today
    waiting = counts.waiting + counts.planned + counts.deferred
    result(
        f"  mails        {counts.sent:,} sent, {waiting:,} waiting, {counts.excluded:,} left out; "
        f"{quota.used:,} of today's {quota.limit:,} used"
    )


async def _tell_addresses(target: Target) -> None:
    inbox = await journey.inbox_of(target.urls["sandbox"]) if target.sandboxed else None
    if inbox:
        result(f"  the mails    {inbox}")
    result(f"  the API      {target.api}/v1 (description: {target.api}/openapi.json)")
    result(f"  sign in      {DEMO_EMAIL}, password in {default_path() / 'secrets.env'}")
    result(f"  the data     {default_path()} (./corofy reset starts over)")
