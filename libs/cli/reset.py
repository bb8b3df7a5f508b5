"""`corofy reset`: removes what this checkout has stored, and keeps only what it would have to download again."""

from __future__ import annotations

import shutil
import sys

import typer

from deploy.local.pair import stop_pair
from deploy.local.processes import end_leftovers
from deploy.local.state import State, default_path
from libs.cli.console import result
from libs.cli.errors import CliError
from libs.cli.target import running_target

KEPT = {"rabbitmq-programs", "postgres-programs", "stack.lock"}


def reset(*, yes: bool) -> None:
    """Asks in a terminal, unless told `yes`. Raises CliError while Corofy runs."""
    folder = default_path()
    if running_target() is not None:
        raise CliError("Corofy is running: stop it with Ctrl-C first, then reset.")
    if not folder.exists():
        result("There is nothing to remove.")
        return
    if not yes and sys.stdin.isatty():
        typer.confirm(f"Remove the database, queues, files and logs in {folder}?", abort=True)
    state = State(folder)
    with state.lock("stack", held_message="Corofy is starting or stopping: wait a moment, then reset."):
        for inner in (state, State(folder / "test")):
            if inner.path.exists():
                stop_pair(inner)
                end_leftovers(inner.run)
        for entry in folder.iterdir():
            if entry.name in KEPT:
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()
    result(f"Removed everything in {folder}. The next start is a first start.")
