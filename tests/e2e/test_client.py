"""The client as its how-to page shows it, against the whole system."""

from __future__ import annotations

import asyncio
import re
import sys
from contextlib import aclosing
from pathlib import Path

import openpyxl

from deploy.local.stack import LocalStack
from libs.client.client import Client
from libs.client.generated.models import JobIn
from libs.client.pages import each
from tests.support.journey import User
from tests.support.waiting import PATIENCE_S

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "how-to" / "use-the-client.md"
LEADS = "First Name,Company,Email\nAda,Petrava,ada@petrava.example\nBo,Calder,bo@calder.example\n"


async def key_of(user: User) -> str:
    return (await user.ask("POST", "/v1/api-keys", json={"name": "Program", "scopes": ["read", "jobs"]}))["key"]


async def test_the_program_of_the_how_to_page_runs(stack: LocalStack, user: User, tmp_path: Path) -> None:
    """Red when what somebody copies from the page does not upload, quote, start, wait and download."""
    shown = re.search(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert shown is not None
    program, sheet = tmp_path / "program.py", tmp_path / "leads.csv"
    program.write_text(shown[1], "utf-8")
    sheet.write_text(LEADS, "utf-8")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(program), stack.url("gateway"), await key_of(user), str(sheet)),
        env={"PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(PATIENCE_S):
        said, complaint = (text.decode() for text in await process.communicate())
    assert (process.returncode, complaint) == (0, "")
    assert said.splitlines() == ["2 rows, 2 credits at most", "completed: 2 of 2 rows"]
    rows = openpyxl.load_workbook(sheet.with_suffix(".enriched.xlsx")).worksheets[0].max_row
    assert rows == 3


async def test_events_come_live_and_again_from_where_one_was(stack: LocalStack, user: User, tmp_path: Path) -> None:
    """Red when the gateway's stream is not read as it is written, when going on misses what has happened meanwhile, or when
    a list of the API is not walked page by page."""
    sheet = tmp_path / "leads.csv"
    sheet.write_text(LEADS, "utf-8")
    async with Client(stack.url("gateway"), token=await key_of(user)) as client, asyncio.timeout(PATIENCE_S):
        async with aclosing(client.get_events()) as live:
            here = await anext(live)
            upload = await client.send_upload(sheet, filename=sheet.name)
            while upload.state == "reading":
                upload = await client.show_upload(upload.id, wait_seconds=5)
            jobs = [await client.start_job(JobIn(upload_id=upload.id, first_rows=rows)) for rows in (1, 2)]
            event = here
            while event.type != "ingest.job.completed":
                event = await anext(live)
        async with aclosing(client.follow(since=here.id)) as again:
            missed = await anext(again)
            while missed.id != event.id:
                missed = await anext(again)
        assert missed == event
        assert [job.id async for job in each(client.list_jobs, limit=1)] == [job.id for job in reversed(jobs)]
