"""How often companies are asked about when a list has ten people of each, as the sandbox counts."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import leads
from benchmarks.customers import customer, enrich
from benchmarks.figures import Figure
from benchmarks.serving import ask, dial
from deploy.local.services import DEMO_EMAIL
from deploy.local.stack import LocalStack
from libs.cli.console import say

NAME = "company-once"

ROWS = int(os.environ.get("BENCH_ROWS", "1000"))
_PEOPLE = 10
_LONGEST_S = 900


async def run() -> list[Figure]:
    """One list, then a second one of other people of the same companies."""
    companies = max(1, ROWS // _PEOPLE)
    with tempfile.TemporaryDirectory(prefix="corofy-bench-", dir="/var/tmp") as name:
        folder = Path(name)
        folder.chmod(0o711)
        async with (
            LocalStack(folder / "state", env={"ENV": "test", "PLAN_LIMITS": "off"}, say=say) as stack,
            customer(stack, DEMO_EMAIL, grant=10 * ROWS) as api,
        ):
            sandbox = stack.url("sandbox")
            await dial(sandbox)
            say(f"{ROWS:,} people of {companies} companies")
            file = folder / "people.csv"
            leads.write_colleagues(file, first=400_000, rows=ROWS, companies=companies)
            final = await enrich(api, file, key="company-once", seconds=_LONGEST_S)
            counted = (await ask(sandbox, "GET", "/calls")).json()
            await ask(sandbox, "DELETE", "/calls")
            say(f"{companies} more, one of each")
            file = folder / "more.csv"
            leads.write_colleagues(file, first=400_000, rows=companies, companies=companies)
            await enrich(api, file, key="company-once-again", seconds=_LONGEST_S)
            again = (await ask(sandbox, "GET", "/calls")).json()
    return _figures(counted, again, companies=companies, enriched=final.credits_total)


def _figures(counted: dict[str, Any], again: dict[str, Any], *, companies: int, enriched: int) -> list[Figure]:
    asked = counted["tasks"].get("company", 0)
    return [
        Figure(NAME, "rows enriched", enriched, "rows", goal=f"= {ROWS}", holds=enriched == ROWS),
        Figure(NAME, "questions about companies", asked, "calls", goal=f"= {companies}", holds=asked == companies),
        Figure(NAME, "questions about people", counted["tasks"].get("person", 0), "calls"),
        Figure(
            NAME,
            "searches",
            _calls(counted, "serper"),
            "calls",
            goal=f"= {ROWS + 2 * companies}",
            holds=_calls(counted, "serper") == ROWS + 2 * companies,
        ),
        Figure(NAME, "pages of websites", _calls(counted, "firecrawl"), "calls"),
        Figure(
            NAME,
            "questions about companies, second list",
            again["tasks"].get("company", 0),
            "calls",
            goal="= 0",
            holds=again["tasks"].get("company", 0) == 0,
        ),
    ]


def _calls(counted: dict[str, Any], provider: str) -> int:
    """Those that were answered."""
    endpoints = counted["totals"].get(provider, {}).values()
    return sum(endpoint["by_status"].get("200", 0) for endpoint in endpoints)
