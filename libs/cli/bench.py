"""`corofy bench`: lists the benchmarks, or runs one; each starts what it needs."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

from deploy.local.state import CHECKOUT
from libs.cli.console import result
from libs.cli.errors import CliError

FOLDER = CHECKOUT / "benchmarks"


def bench(name: str, *, as_json: bool) -> int:
    """The benchmark's exit code."""
    known = {file.stem: file for file in sorted(FOLDER.glob("*.py")) if _is_benchmark(file)}
    if not name:
        for each, file in known.items():
            result(f"  {each:<14} {_first_line(file)}")
        return 0
    if name not in known:
        raise CliError(f"There is no benchmark {name}: choose among {', '.join(known) or 'none yet'}.")
    command = [sys.executable, "-m", f"benchmarks.{name}", *(["--json"] if as_json else [])]
    return subprocess.run(command, cwd=CHECKOUT, check=False).returncode


def _is_benchmark(file: Path) -> bool:
    """It can be run; the rest of the folder is what they share."""
    return not file.stem.startswith("_") and '__name__ == "__main__"' in file.read_text()


def _first_line(file: Path) -> str:
    return (ast.get_docstring(ast.parse(file.read_text())) or "").split("\n")[0]
