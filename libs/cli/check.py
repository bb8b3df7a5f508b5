"""`corofy check`: what has to hold before a commit, quickest first, each step announced, then judged in a line."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from deploy.local.state import CHECKOUT
from libs.cli.console import out, result, say

PYTHON = sys.executable
BIN = Path(sys.executable).parent
STEPS: tuple[tuple[str, list[str]], ...] = (
    ("format", [str(BIN / "ruff"), "format", "--check", "."]),
    ("lint", [str(BIN / "ruff"), "check", "."]),
    ("import contracts", [PYTHON, "-c", "from importlinter.cli import lint_imports_command as run; run()"]),
    ("generated files", [PYTHON, "-m", "libs.common.contracts.generate", "--check"]),
    ("API documents", [PYTHON, "-m", "libs.common.http.openapi", "--check"]),
    ("API client", [PYTHON, "-m", "libs.client.generate", "--check"]),
    ("dashboard", [PYTHON, "-m", "deploy.grafana.render", "--check"]),
    ("unit tests", [PYTHON, "-m", "pytest", "-q", "tests/unit", "tests/architecture", "tests/contracts"]),
    ("types", [PYTHON, "-m", "basedpyright"]),
    ("web app", [PYTHON, "-m", "libs.cli", "web", "check"]),
)


def check() -> int:
    """0 when every step holds, else 1; all steps run, so that one look shows all there is to do."""
    failed = [name for name, command in STEPS if not _holds(name, command)]
    result(f"[red]{', '.join(failed)}: not yet.[/]" if failed else "[bold green]Everything holds.[/]")
    return 1 if failed else 0


def _holds(name: str, command: list[str]) -> bool:
    say(f"Checking: {name}")
    started = time.monotonic()
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    fine = done.returncode == 0
    result(f"{'[green]ok[/]    ' if fine else '[red]failed[/]'} {name:<18} {time.monotonic() - started:5.1f} s")
    if not fine:
        out.print((done.stdout + done.stderr).strip(), markup=False, soft_wrap=True)
    return fine
