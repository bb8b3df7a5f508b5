"""`corofy catalogue`: products and the rules that choose them, from a file, into a file, and tried on a file's rows."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path

from rich.markup import escape
from rich.table import Table

from deploy.local.state import CHECKOUT
from libs.cli import journey
from libs.cli.api import Api, Json
from libs.cli.console import out, result, say
from libs.cli.errors import CliError
from libs.cli.target import running_or_started

EXAMPLE = CHECKOUT / "services" / "enrich" / "examples" / "lubricants.json"
EXAMPLE_NAME = "example"
_KINDS = {".json": "application/json", ".csv": "text/csv"}


async def import_file(source: str) -> None:
    """Replaces the workspace's catalogue. Raises CliError for a file of another kind, ApiError naming every fault."""
    file = EXAMPLE if source == EXAMPLE_NAME else Path(source)
    kind = _kind_of(file)
    content = _read(file)
    async with running_or_started() as target, Api(target.api) as api:
        await journey.sign_in(api, target)
        made = await send(api, content, kind=kind)
    result(f"[bold green]Imported[/] {_size_of(made)}; version {made['version']}.")


async def send(api: Api, content: bytes, *, kind: str) -> Json:
    """The catalogue as it then is. The same file on the same version is imported once."""
    before = await api.catalogue()
    key = hashlib.sha256(f"{before['version']}:".encode() + content).hexdigest()
    return await api.import_catalogue(content, kind=kind, key=f"cli-{key}")


async def export_file(output: Path) -> None:
    """Writes JSON or CSV, by the file's name."""
    _kind_of(output)
    async with running_or_started() as target, Api(target.api) as api:
        await journey.sign_in(api, target)
        await api.fetch(f"/v1/catalogue/export?format={output.suffix[1:].lower()}", output)
    result(f"[bold green]Written[/] {escape(str(output))}.")


async def try_file(file: Path) -> None:
    """Which product the first rows of a file would be offered by the rules alone. Nothing is researched, saved or charged."""
    _check_is_there(file)
    async with running_or_started() as target, Api(target.api) as api:
        await journey.sign_in(api, target)
        say(f"Sending {file.name}, whose first rows are tried")
        upload = await api.upload(file)
        try:
            tried = [(row, await api.try_row(row, mapping=_mapping_of(upload))) for row in _rows_of(upload)]
        finally:
            await api.delete_upload(upload["id"])
    _show(upload, tried)


def _show(upload: Json, tried: list[tuple[dict[str, str], Json]]) -> None:
    company = _mapping_of(upload).get("company")
    table = Table("row", company or "", "product", "why", show_edge=False, header_style="bold")
    chosen = Counter[str]()
    for row_no, (row, answer) in enumerate(tried, start=1):
        choice = answer["choice"]
        chosen[choice["name"] if choice else "none"] += 1
        cells = [row.get(company or "", ""), choice["name"], choice["why"]] if choice else [row.get(company or "", "")]
        table.add_row(str(row_no), *map(escape, cells))
    out.print(table)
    told = ", ".join(f"{count} × {escape(name)}" for name, count in chosen.most_common())
    result(f"{len(tried)} of {upload['row_count']:,} rows tried: {told or 'none'}.")
    result(
        "In a job, what was found out about a company counts as well, and where no rule holds the model may infer one."
    )


def _rows_of(upload: Json) -> list[dict[str, str]]:
    """The first rows as text by column; blank cells are left out."""
    names = [str(column["name"]) for column in upload["columns"]]
    return [
        {name: str(cell) for name, cell in zip(names, row, strict=False) if cell is not None}
        for row in upload["sample"]
    ]


def _mapping_of(upload: Json) -> dict[str, str]:
    names = {int(column["index"]): str(column["name"]) for column in upload["columns"]}
    return {role: names[index] for role, index in upload["mapping"].items()}


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError as error:
        raise CliError(
            f"There is no file {file}; '{EXAMPLE_NAME}' stands for the catalogue that is shipped."
        ) from error
    except OSError as error:
        raise CliError(f"{file} cannot be read ({error.strerror}).") from error


def _check_is_there(file: Path) -> None:
    if not file.is_file():
        raise CliError(f"There is no file {file}.")


def _size_of(catalogue: Json) -> str:
    return f"{len(catalogue['products'])} products and {len(catalogue['rules'])} rules"


def _kind_of(file: Path) -> str:
    kind = _KINDS.get(file.suffix.lower())
    if kind is None:
        raise CliError(f"{file.name} ends in neither .json nor .csv: a catalogue is one of these.")
    return kind
