"""The client as its how-to page shows it, against the whole system."""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path

import openpyxl

from deploy.local.stack import LocalStack
from tests.support.journey import User
from tests.support.waiting import PATIENCE_S

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "how-to" / "use-the-client.md"
LEADS = "First Name,Company,Email\nAda,Petrava,ada@petrava.example\nBo,Calder,bo@calder.example\n"


async def test_the_program_of_the_how_to_page_runs(stack: LocalStack, user: User, tmp_path: Path) -> None:
    """Red when what somebody copies from the page does not upload, quote, start, wait and download."""
    made = await user.ask("POST", "/v1/api-keys", json={"name": "Program", "scopes": ["read", "jobs"]})
    shown = re.search(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert shown is not None
    program, sheet = tmp_path / "program.py", tmp_path / "leads.csv"
    program.write_text(shown[1], "utf-8")
    sheet.write_text(LEADS, "utf-8")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(program), stack.url("gateway"), made["key"], str(sheet)),
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
