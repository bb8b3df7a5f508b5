"""`corofy status`: is everything up, does anything wait and why, has anything died."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from rich.table import Table

from libs.cli.console import out, result
from libs.cli.errors import CliError
from libs.cli.operator import Json, Operator
from libs.cli.target import require_target


async def status() -> int:
    """0 when every service is ready, else 1."""
    target = require_target()
    async with Operator(target) as operator:
        names = [*operator.services, *(["sandbox"] if target.sandboxed else [])]
        answers = await asyncio.gather(*(operator.ready(name) for name in names))
        insides = await asyncio.gather(*(_inside(operator, name) for name in operator.services))
    inside_of = dict(zip(operator.services, insides, strict=True))
    table = Table(
        "service", "state", "address", "outbox", "oldest", "dead letters", show_edge=False, header_style="bold"
    )
    for name, (ready, why) in zip(names, answers, strict=True):
        inside = inside_of.get(name) or {}
        outbox = inside.get("outbox", {})
        oldest = f"{outbox['oldest_seconds']:.0f} s" if outbox.get("pending") else ""
        letters = inside.get("dead_letters_open", "")
        state = "[green]ready[/]" if ready else f"[red]{why}[/]"
        table.add_row(name, state, target.urls[name], str(outbox.get("pending", "")), oldest, str(letters))
    out.print(table)
    _show_queues(inside_of)
    for line in errors_of(inside_of):
        out.print(line, markup=False, style="yellow", soft_wrap=True)
    return 0 if all(ready for ready, _ in answers) else 1


async def _inside(operator: Operator, service: str) -> Json | None:
    try:
        return await operator.get(service, "/status")
    except CliError:
        return None


def errors_of(inside_of: Mapping[str, Json | None]) -> list[str]:
    """Why events wait, and why a schedule's last run failed; what has worked since is not mentioned."""
    lines: list[str] = []
    for service, inside in inside_of.items():
        outbox = (inside or {}).get("outbox", {})
        if outbox.get("last_error"):
            lines.append(f"The outbox of {service} waits: {outbox['last_error']}")
        for schedule in (inside or {}).get("schedules", []):
            if schedule["last_error"]:
                since = f"since {schedule['last_success_at']}" if schedule["last_success_at"] else "so far"
                lines.append(f"{schedule['name']} of {service} has not succeeded {since}: {schedule['last_error']}")
    return lines


def _show_queues(inside_of: dict[str, Json | None]) -> None:
    depths: dict[str, int] = {}
    for inside in inside_of.values():
        depths |= (inside or {}).get("queues", {})
    waiting = {name: depth for name, depth in sorted(depths.items()) if depth}
    result(f"\n{len(depths)} queues, {sum(waiting.values()):,} messages waiting" + (":" if waiting else "."))
    for name, depth in waiting.items():
        result(f"  {name:<40} {depth:>8,}")
    if any((inside or {}).get("dead_letters_open") for inside in inside_of.values()):
        result("[yellow]There are dead letters:[/] ./corofy dead list")
