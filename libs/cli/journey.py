"""The way of one file through the API, step by step and said aloud: shared by the demo and `corofy enrich`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Literal
from uuid import UUID

import httpx
from rich.table import Table

from deploy.local.services import DEMO_EMAIL
from libs.cli.api import ANY_HOUR, Api
from libs.cli.console import out, result, say
from libs.cli.errors import CliError
from libs.cli.order import Order
from libs.cli.progress import follow_job
from libs.cli.target import Target
from libs.cli.waiting import until
from libs.client.errors import ApiError
from libs.client.generated import models

FIRST_GRANT = 5000
SHOWN_COLUMNS = 5


async def sign_in(api: Api, target: Target) -> None:
    """As the demo user of this machine, whose password lies in the state folder."""
    await api.sign_in_or_up(DEMO_EMAIL, target.demo_password, workspace="Demo")
    # The account is opened by an event; the grant is kept once whatever the number of starts.
    await until(
        lambda: _grant(api, FIRST_GRANT, reason="Welcome", key="demo-welcome"), what="Opening the account", seconds=30
    )


async def _grant(api: Api, amount: int, *, reason: str, key: str) -> models.GrantAnswer | None:
    try:
        return await api.grant_credits(models.GrantBody(credits=amount, reason=reason), idempotency_key=key)
    except ApiError as refusal:
        if refusal.code == "account_not_found":
            return None
        raise


async def enrich_file(api: Api, file: Path, order: Order = Order()) -> models.JobOut:
    """Upload, preview, quote, job, progress. Returns the completed job. Raises CliError when it did not complete."""
    choice = order.job
    say(f"Sending {file.name} ({size_of(file)}), which is then read")
    upload = await api.upload(file, reading=order.reading)
    show_preview(file, upload)
    say("Checking its rows: addresses, what is missing, what repeats")
    upload = await api.checked(upload)
    show_findings(upload)
    quote = await api.quote({"upload_id": upload.id, **order.rows})
    show_quote(quote)
    await _make_affordable(api, upload.id, needed=quote.credits)
    asked = {"upload_id": upload.id, "accept_degraded": bool(quote.missing_providers), **choice}
    job = await api.start_job(asked)
    final = await follow_job(api, job)
    if final.state != "completed":
        reason = final.reason or "no reason given"
        raise CliError(f"The job {final.id} ended as {final.state} ({reason}): ./corofy logs ingest says more.")
    for line in took_of(await api.job_receipt(job.id)):
        result(line)
    return final


async def _make_affordable(api: Api, upload_id: UUID, *, needed: int) -> None:
    available = (await api.show_credits()).available
    if available < needed:
        short = needed - available
        say(f"Granting the {short} credits that are missing")
        grant = models.GrantBody(credits=short, reason="Top-up for a file on this machine")
        await api.grant_credits(grant, idempotency_key=f"cli-{upload_id}")

        async def arrived() -> bool | None:
            return True if (await api.show_credits()).available >= needed else None

        await until(arrived, what="The grant's arrival", seconds=15)


def show_preview(file: Path, upload: models.UploadOut) -> None:
    shape = ", ".join(part for part in (upload.kind, upload.encoding, upload.sheet) if part)
    result(f"[bold]{file.name}[/]: {upload.row_count or 0:,} rows, {len(upload.columns)} columns ({shape})")
    others = [sheet.name for sheet in upload.sheets or [] if sheet.name != upload.sheet]
    if others:
        result(f"Other sheets, to be had with --sheet: {', '.join(others)}")
    known = [column for column in upload.columns if column.role] or upload.columns
    shown = known[:SHOWN_COLUMNS]
    table = Table(show_edge=False, pad_edge=False, header_style="bold")
    for column in shown:
        table.add_column(f"{column.name}\n[dim]{column.role or ''}[/]", no_wrap=True, max_width=28)
    for row in upload.sample[:3]:
        cells = (row[column.index] for column in shown)
        table.add_row(*("" if cell is None else str(cell) for cell in cells))
    out.print(table)


def show_findings(upload: models.UploadOut) -> None:
    """What was found wrong, by kind; nothing of it is left out for that."""
    for found in upload.findings:
        if found.severity == "problem":
            result(f"[yellow]{found.count:,} ×[/] {found.code}: {found.advice}")


def show_quote(quote: models.QuoteOut) -> None:
    result(
        f"Quote: {quote.rows_selected:,} rows × {quote.credits_per_row} = [bold]{quote.credits:,} credits[/] "
        f"at most (price list {quote.price_version}); only what is delivered is charged."
    )
    if quote.rows_skipped:
        result(f"{quote.rows_skipped:,} rows repeat one further up and are left out, free.")
    if quote.sandboxed:
        result("[yellow]Sandbox:[/] no provider keys are set, so the research is invented and marked as such.")
    if quote.missing_providers:
        result(f"[yellow]Missing:[/] {', '.join(quote.missing_providers)}; rows will be degraded, and free.")


def size_of(file: Path) -> str:
    """`12 MB`, as file managers show it."""
    size = float(file.stat().st_size)
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def outcome_of(job: models.JobOut) -> str:
    """`39 of 41 rows; 2 skipped`: what became of the rows, without what did not happen."""
    others = {"degraded": job.rows_degraded, "failed": job.rows_failed, "skipped": job.rows_skipped}
    fine = job.rows_total - sum(others.values())
    told = [f"{fine:,} of {job.rows_total:,} rows", *(f"{count:,} {kind}" for kind, count in others.items() if count)]
    return "; ".join(told)


def took_of(receipt: models.JobReceiptOut) -> list[str]:
    """`It took 84 calls (36 groq, 48 serper) and …`: a line for what was real, one for what the sandbox had a hand in."""
    lines: list[str] = []
    remark = "; the sandbox had a hand in it, where nothing is paid"
    for took, so in ((receipt.real, ""), (receipt.sandboxed, remark)):
        calls = sum(one.calls for one in took.providers)
        if calls:
            each = ", ".join(f"{one.calls:,} {one.provider}" for one in took.providers)
            tokens, dollars = took.tokens_in + took.tokens_out, took.cost_microusd / 1_000_000
            known = f"{took.cache_hits:,} answers were known already"
            lines.append(f"It took {calls:,} calls ({each}) and {tokens:,} tokens: US$ {dollars:,.4f}; {known}{so}.")
    return lines


async def save(api: Api, job: models.JobOut, target: Path, *, flat: bool = False) -> Path:
    """The finished sheet as XLSX or CSV, by the target's name; `flat` with the research in readable columns besides."""
    kind = "csv" if target.suffix.lower() == ".csv" else "xlsx"
    say(f"Saving {target.name}")
    if flat:
        await _flat_sheet(api, job.id, kind=kind)
    await api.download_result_job(job.id, format=kind, flat=flat).save(target)
    return target


async def _flat_sheet(api: Api, job_id: UUID, *, kind: Literal["csv", "xlsx"]) -> None:
    """Waits until it is written; the same request is the same export, however far it is."""

    async def written() -> bool | None:
        export = await api.ask_for_export_job(job_id, models.SheetIn(format=kind, flat=True))
        if export.state == "failed":
            why = export.problem.detail if export.problem else "no reason given"
            raise CliError(f"The sheet could not be written: {why}")
        return True if export.state == "ready" else None

    await until(written, what="Writing the sheet", seconds=1800, every=0.5)


async def start_campaign(api: Api, job: models.JobOut, *, patience_s: float = 60) -> models.CampaignOut:
    """Writes to everybody on the job's list, and waits until the first mails have left.

    When nobody on it can be written to, this says why, and the campaign stays a draft.
    """
    say("Starting a campaign that sends at any hour, and waiting for its first mails")
    campaign = await until(lambda: _create_campaign(api, job.list_id), what="Importing the list", seconds=60)
    try:
        await api.start_campaign(campaign.id)
    except ApiError as refusal:
        if refusal.code != "nothing_to_send":
            raise
        say(f"No mail is sent: {refusal}.")
        return campaign
    loop = asyncio.get_running_loop()
    deadline, calm_since, seen = loop.time() + patience_s, loop.time(), -1
    while True:
        campaign = await api.show_campaign(campaign.id)
        counts = campaign.counts
        moving = counts.planned + counts.sending
        if counts.sent != seen:
            seen, calm_since = counts.sent, loop.time()
        calm = loop.time() - calm_since
        if loop.time() > deadline or (seen > 0 and (moving == 0 or calm > 5)):
            return campaign
        await asyncio.sleep(0.3)


async def _create_campaign(api: Api, list_id: UUID) -> models.CampaignOut | None:
    """None while the list is still on its way to the sender. At any hour, so that whoever tries it at night sees mail arrive."""
    try:
        return await api.create_campaigns(models.CampaignIn(list_id=list_id, name="Demo", window=ANY_HOUR))
    except ApiError as refusal:
        if refusal.code in {"list_not_found", "list_not_ready"}:
            return None
        raise


async def inbox_of(sandbox: str) -> str | None:
    """The page of the sandbox's inbox, where it answers."""
    url = f"{sandbox}/inbox"
    async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
        try:
            return url if (await client.get(url)).is_success else None
        except httpx.TransportError:
            return None
