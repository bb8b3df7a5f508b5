"""`corofy enrich FILE -o OUT`: one file through the API, and nothing else."""

from __future__ import annotations

from pathlib import Path

from libs.cli import journey
from libs.cli.api import Api
from libs.cli.console import result
from libs.cli.errors import CliError
from libs.cli.order import Order
from libs.cli.target import running_or_started


async def enrich(file: Path, output: Path, order: Order) -> None:
    """Checks both ends before anything is started. Raises CliError when the job does not complete."""
    target_file = _check(file, output)
    async with running_or_started() as target, Api(target.api) as api:
        await journey.sign_in(api, target)
        job = await journey.enrich_file(api, file, order)
        await journey.save(api, job, target_file, flat=order.flat)
    result(f"[bold green]Written[/] {output}: {journey.outcome_of(job)}; {job.credits_total:,} credits.")


def _check(file: Path, output: Path) -> Path:
    """Where to write, once nothing stands against it."""
    if not file.is_file():
        raise CliError(f"There is no file {file}.")
    if output.suffix.lower() not in {".xlsx", ".csv"}:
        raise CliError(f"{output.name} ends in neither .xlsx nor .csv: the result is written as one of these.")
    if not output.absolute().parent.is_dir():
        raise CliError(
            f"The folder {output.absolute().parent} does not exist: make it, or choose another for the result."
        )
    if output.exists() and output.samefile(file):
        raise CliError("The result would be written over the file it comes from: choose another name.")
    return output.absolute()
