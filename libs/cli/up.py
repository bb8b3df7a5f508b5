"""`corofy up`: everything, or for a contributor a part of it, until Ctrl-C."""

from __future__ import annotations

from deploy.local.services import EVERYTHING, SERVICES
from libs.cli.console import result
from libs.cli.errors import CliError
from libs.cli.target import started
from libs.cli.waiting import for_ever


async def up(only: tuple[str, ...]) -> None:
    """With `only`, those services on the servers and the sandbox; the rest is the contributor's to run."""
    unknown = sorted(set(only) - set(EVERYTHING))
    if unknown:
        raise CliError(f"There is no service {', '.join(unknown)}: choose among {', '.join(SERVICES)}.")
    wanted = tuple(name for name in EVERYTHING if name in only or name == "sandbox") if only else EVERYTHING
    async with started(wanted, web_app="gateway" in wanted) as target:
        result("[bold green]Running.[/]")
        if "gateway" in target.urls:
            result(f"  {'web app':<10} {target.api}")
        for name, url in target.urls.items():
            result(f"  {name:<10} {url}")
        result("[bold]Ctrl-C[/] stops it. Meanwhile, elsewhere: ./corofy status, ./corofy logs -f")
        await for_ever()
