"""`corofy logs`: what the processes of this checkout have written."""

from __future__ import annotations

import asyncio
from pathlib import Path

from deploy.local.state import default_path
from libs.cli.console import out
from libs.cli.errors import CliError

TAIL_BYTES = 256 * 1024
LOOK_EVERY_S = 0.3


async def logs(service: str, *, follow: bool, lines: int) -> None:
    """The last lines, each behind its process's name; with `follow`, further ones until Ctrl-C."""
    files = sorted((default_path() / "logs").glob("*.log"))
    names = [file.stem for file in files]
    if not names:
        raise CliError("Nothing has been logged yet: start Corofy with ./corofy up.")
    if service and service not in names:
        raise CliError(f"There is no log of {service}: choose among {', '.join(names)}.")
    chosen = {file: 0 for file in files if service in ("", file.stem)}
    width = max(len(file.stem) for file in chosen)
    for file in chosen:
        text, chosen[file] = _read(file, max(file.stat().st_size - TAIL_BYTES, 0))
        _print(file, text.splitlines()[-lines:], width=width)
    while follow:
        await asyncio.sleep(LOOK_EVERY_S)
        for file, position in chosen.items():
            size = file.stat().st_size
            text, chosen[file] = _read(file, position if size >= position else 0)
            _print(file, text.splitlines(), width=width)


def _read(file: Path, position: int) -> tuple[str, int]:
    with file.open("rb") as content:
        content.seek(position)
        data = content.read()
    # An unfinished last line waits for its end.
    whole = data[: data.rfind(b"\n") + 1]
    return whole.decode(errors="replace"), position + len(whole)


def _print(file: Path, lines: list[str], *, width: int) -> None:
    for line in lines:
        out.print(f"{file.stem:<{width}} | {line}", markup=False, soft_wrap=True)
