"""`corofy catalogue`: products and the rules that choose them, from a file, into a file, and tried on a file's rows."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path
from typing import Literal

from rich.markup import escape
from rich.table import Table

from deploy.local.state import CHECKOUT
from libs.cli import journey
from libs.cli.api import Api
from libs.cli.console import out, result, say
from libs.cli.errors import CliError
from libs.cli.target import running_or_started
from libs.client.generated import models

EXAMPLE = CHECKOUT / "services" / "enrich" / "examples" / "lubricants.json"
EXAMPLE_NAME = "example"
Kind = Literal["application/json", "text/csv"]
_KINDS: dict[str, tuple[Kind, Literal["json", "csv"]]] = {
    ".json": ("application/json", "json"),
    ".csv": ("text/csv", "csv"),
}


async def import_file(source: str) -> None:
    """Replaces the workspace's catalogue. Raises CliError for a file of another kind, ApiError naming every fault."""
    file = EXAMPLE if source == EXAMPLE_NAME else Path(source)
    kind, _ = _kind_of(file)
    content = _read(file)
    async with running_or_started() as target, Api(target.api) as api:
        await journey.sign_in(api, target)
        made = await send(api, content, kind=kind)
    result(f"[bold green]Imported[/] {_size_of(made)}; version {made.version}.")


async def send(api: Api, content: bytes, *, kind: Kind) -> models.CatalogueOut:
    """The catalogue as it then is. The same file on the same version is imported once."""
    before = await api.get_catalogue()
    key = hashlib.sha256(f"{before.version}:".encode() + content).hexdigest()
    return await api.import_catalogue(content, kind=kind, idempotency_key=f"cli-{key}")


async def export_file(output: Path) -> None:
    """Writes JSON or CSV, by the file's name."""
    _, form = _kind_of(output)
    async with running_or_started() as target, Api(target.api) as api:
        await journey.sign_in(api, target)
        await api.export_catalogue(format=form).save(output)
    result(f"[bold green]Written[/] {escape(str(output))}.")


async def try_file(file: Path) -> None:
    """Which product the first rows of a file would be offered by the rules alone. Nothing is researched, saved or charged."""
    _check_is_there(file)
    async with running_or_started() as target, Api(target.api) as api:
        await journey.sign_in(api, target)
        say(f"Sending {file.name}, whose first rows are tried")
        upload = await api.upload(file)
        try:
            tried = [(row, await _try_row(api, row, mapping=_mapping_of(upload))) for row in _rows_of(upload)]
        finally:
            await api.remove_upload(upload.id)
    _show(upload, tried)


async def _try_row(api: Api, row: dict[str, str], *, mapping: dict[str, str]) -> models.ChoiceOut | None:
    """What the rules would offer the row, and why."""
    return (await api.test_row_catalogue(models.TraceBody(cells=row, mapping=mapping))).choice


def _show(upload: models.UploadOut, tried: list[tuple[dict[str, str], models.ChoiceOut | None]]) -> None:
    company = _mapping_of(upload).get("company")
    table = Table("row", company or "", "product", "why", show_edge=False, header_style="bold")
    chosen = Counter[str]()
    for row_no, (row, choice) in enumerate(tried, start=1):
        chosen[choice.name if choice else "none"] += 1
        cells = [row.get(company or "", ""), choice.name, choice.why] if choice else [row.get(company or "", "")]
        table.add_row(str(row_no), *map(escape, cells))
    out.print(table)
    told = ", ".join(f"{count} × {escape(name)}" for name, count in chosen.most_common())
    result(f"{len(tried)} of {upload.row_count or 0:,} rows tried: {told or 'none'}.")
    result(
        "In a job, what was found out about a company counts as well, and where no rule holds the model may infer one."
    )


def _rows_of(upload: models.UploadOut) -> list[dict[str, str]]:
    """The first rows as text by column; blank cells are left out."""
    names = [column.name for column in upload.columns]
    return [
        {name: str(cell) for name, cell in zip(names, row, strict=False) if cell is not None} for row in upload.sample
    ]


def _mapping_of(upload: models.UploadOut) -> dict[str, str]:
    names = {column.index: column.name for column in upload.columns}
    return {role: names[index] for role, index in (upload.mapping or {}).items()}


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


def _size_of(catalogue: models.CatalogueOut) -> str:
    return f"{len(catalogue.products)} products and {len(catalogue.rules)} rules"


def _kind_of(file: Path) -> tuple[Kind, Literal["json", "csv"]]:
    """As what it is sent, and how the API calls it."""
    kind = _KINDS.get(file.suffix.lower())
    if kind is None:
        raise CliError(f"{file.name} ends in neither .json nor .csv: a catalogue is one of these.")
    return kind
