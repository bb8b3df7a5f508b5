"""The way of one file through the API, step by step and said aloud: shared by the demo and `corofy enrich`."""

from __future__ import annotations

import asyncio
import uuid
from pathlib import Path

import httpx
from rich.table import Table

from deploy.local.services import DEMO_EMAIL
from libs.cli.api import Api, Json
from libs.cli.console import out, result, say
from libs.cli.errors import ApiError, CliError
from libs.cli.order import Order
from libs.cli.progress import follow_job
from libs.cli.target import Target
from libs.cli.waiting import until

FIRST_GRANT = 5000
SHOWN_COLUMNS = 5


async def sign_in(api: Api, target: Target) -> None:
    """As the demo user of this machine, whose password lies in the state folder."""
    await api.sign_in(DEMO_EMAIL, target.demo_password, workspace="Demo")
    # The account is opened by an event; the grant is kept once whatever the number of starts.
    await until(
        lambda: _grant(api, FIRST_GRANT, reason="Welcome", key="demo-welcome"), what="Opening the account", seconds=30
    )


async def _grant(api: Api, amount: int, *, reason: str, key: str) -> Json | None:
    try:
        return await api.grant(amount, reason=reason, key=key)
    except ApiError as refusal:
        if refusal.code == "account_not_found":
            return None
        raise


async def enrich_file(api: Api, file: Path, order: Order = Order()) -> Json:
    """Upload, preview, quote, job, progress. Returns the completed job. Raises CliError when it did not complete."""
    choice = order.job
    say(f"Sending {file.name} ({size_of(file)}), which is then read")
    upload = await api.upload(file, reading=order.reading)
    show_preview(file, upload)
    say("Checking its rows: addresses, what is missing, what repeats")
    upload = await api.checked(upload["id"])
    show_findings(upload)
    quote = await api.quote(upload["id"], **order.rows)
    show_quote(quote)
    await _make_affordable(api, upload["id"], needed=int(quote["credits"]))
    missing = bool(quote.get("missing_providers"))
    job = await api.create_job(upload["id"], key=f"cli-{uuid.uuid4()}", accept_degraded=missing, **choice)
    final = await follow_job(api, job)
    if final["state"] != "completed":
        reason = final.get("reason") or "no reason given"
        raise CliError(f"The job {final['id']} ended as {final['state']} ({reason}): ./corofy logs ingest says more.")
    for line in took_of(await api.receipt(job["id"])):
        result(line)
    return final


async def _make_affordable(api: Api, upload_id: str, *, needed: int) -> None:
    available = int((await api.credits())["available"])
    if available < needed:
        short = needed - available
        say(f"Granting the {short} credits that are missing")
        await api.grant(short, reason="Top-up for a file on this machine", key=f"cli-{upload_id}")

        async def arrived() -> bool | None:
            return True if int((await api.credits())["available"]) >= needed else None

        await until(arrived, what="The grant's arrival", seconds=15)


def show_preview(file: Path, upload: Json) -> None:
    columns: list[Json] = upload["columns"]
    shape = ", ".join(str(upload[key]) for key in ("kind", "encoding", "sheet") if upload.get(key))
    result(f"[bold]{file.name}[/]: {upload['row_count']:,} rows, {len(columns)} columns ({shape})")
    others = [sheet["name"] for sheet in upload.get("sheets") or [] if sheet["name"] != upload["sheet"]]
    if others:
        result(f"Other sheets, to be had with --sheet: {', '.join(others)}")
    known = [column for column in columns if column.get("role")] or columns
    shown = known[:SHOWN_COLUMNS]
    table = Table(show_edge=False, pad_edge=False, header_style="bold")
    for column in shown:
        table.add_column(f"{column['name']}\n[dim]{column.get('role') or ''}[/]", no_wrap=True, max_width=28)
    for row in upload["sample"][:3]:
        cells = (row[int(column["index"])] for column in shown)
        table.add_row(*("" if cell is None else str(cell) for cell in cells))
    out.print(table)


def show_findings(upload: Json) -> None:
    """What was found wrong, by kind; nothing of it is left out for that."""
    for found in upload.get("findings") or []:
        if found["severity"] == "problem":
            result(f"[yellow]{found['count']:,} ×[/] {found['code']}: {found['advice']}")


def show_quote(quote: Json) -> None:
    result(
        f"Quote: {quote['rows_selected']:,} rows × {quote['credits_per_row']} = [bold]{quote['credits']:,} credits[/] "
        f"at most (price list {quote['price_version']}); only what is delivered is charged."
    )
    if quote.get("rows_skipped"):
        result(f"{quote['rows_skipped']:,} rows repeat one further up and are left out, free.")
    if quote.get("sandboxed"):
        result("[yellow]Sandbox:[/] no provider keys are set, so the research is invented and marked as such.")
    if quote.get("missing_providers"):
        result(f"[yellow]Missing:[/] {', '.join(quote['missing_providers'])}; rows will be degraded, and free.")


def size_of(file: Path) -> str:
    """`12 MB`, as file managers show it."""
    size = float(file.stat().st_size)
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def outcome_of(job: Json) -> str:
    """`39 of 41 rows; 2 skipped`: what became of the rows, without what did not happen."""
    others = {kind: int(job.get(f"rows_{kind}") or 0) for kind in ("degraded", "failed", "skipped")}
    fine = int(job["rows_total"]) - sum(others.values())
    told = [
        f"{fine:,} of {job['rows_total']:,} rows",
        *(f"{count:,} {kind}" for kind, count in others.items() if count),
    ]
    return "; ".join(told)


def took_of(receipt: Json) -> list[str]:
    """`It took 84 calls (36 groq, 48 serper) and …`: a line for what was real, one for what the sandbox had a hand in."""
    lines: list[str] = []
    for part, remark in (("real", ""), ("sandboxed", "; the sandbox had a hand in it, where nothing is paid")):
        took = receipt[part]
        calls = sum(one["calls"] for one in took["providers"])
        if calls:
            each = ", ".join(f"{one['calls']:,} {one['provider']}" for one in took["providers"])
            tokens, dollars = took["tokens_in"] + took["tokens_out"], took["cost_microusd"] / 1_000_000
            known = f"{took['cache_hits']:,} answers were known already"
            lines.append(
                f"It took {calls:,} calls ({each}) and {tokens:,} tokens: US$ {dollars:,.4f}; {known}{remark}."
            )
    return lines


async def save(api: Api, job: Json, target: Path, *, flat: bool = False) -> Path:
    """The finished sheet as XLSX or CSV, by the target's name; `flat` with the research in readable columns besides."""
    kind = "csv" if target.suffix.lower() == ".csv" else "xlsx"
    say(f"Saving {target.name}")
    if flat:
        await api.fetch(await _flat_sheet(api, job["id"], kind=kind), target)
    else:
        await api.download(job["id"], target, kind=kind)
    return target


async def _flat_sheet(api: Api, job_id: str, *, kind: str) -> str:
    async def written() -> str | None:
        export = await api.export(job_id, kind=kind, flat=True)
        if export["state"] == "failed":
            raise CliError(f"The sheet could not be written: {export['problem']['detail']}")
        return export["download_url"] if export["state"] == "ready" else None

    return await until(written, what="Writing the sheet", seconds=1800, every=0.5)


async def start_campaign(api: Api, job: Json, *, patience_s: float = 60) -> Json | None:
    """Writes to everybody on the job's list, and waits until the first mails have left. None when it has no list.

    When nobody on it can be written to, this says why, and the campaign stays a draft.
    """
    list_id = job.get("list_id")
    if not list_id:
        return None
    say("Starting a campaign that sends at any hour, and waiting for its first mails")
    campaign = await until(lambda: _create_campaign(api, str(list_id)), what="Importing the list", seconds=60)
    try:
        await api.start_campaign(campaign["id"])
    except ApiError as refusal:
        if refusal.code != "nothing_to_send":
            raise
        say(f"No mail is sent: {refusal}.")
        return campaign
    loop = asyncio.get_running_loop()
    deadline, calm_since, seen = loop.time() + patience_s, loop.time(), -1
    while True:
        campaign = await api.campaign(campaign["id"])
        counts = campaign["counts"]
        moving = counts.get("planned", 0) + counts.get("sending", 0)
        if counts["sent"] != seen:
            seen, calm_since = counts["sent"], loop.time()
        calm = loop.time() - calm_since
        if loop.time() > deadline or (seen > 0 and (moving == 0 or calm > 5)):
            return campaign
        await asyncio.sleep(0.3)


async def _create_campaign(api: Api, list_id: str) -> Json | None:
    """None while the list is still on its way to the sender."""
    try:
        return await api.create_campaign(list_id, name="Demo")
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
