"""`corofy bench`: lists the benchmarks, or runs one; each starts what it needs."""

from __future__ import annotations

import ast
import subprocess
import sys

from deploy.local.state import CHECKOUT
from libs.cli.console import result
from libs.cli.errors import CliError

FOLDER = CHECKOUT / "benchmarks"


def bench(name: str, *, as_json: bool) -> int:
    """The benchmark's exit code: 1 when a figure misses its goal."""
    known = known_benchmarks()
    if not name:
        for each, about in known.items():
            result(f"  {each:<14} {about}")
        return 0
    if name not in known:
        raise CliError(f"There is no benchmark {name}: choose among {', '.join(known)}.")
    command = [sys.executable, "-m", "benchmarks", name, *(["--json"] if as_json else [])]
    return subprocess.run(command, cwd=CHECKOUT, check=False).returncode


def known_benchmarks() -> dict[str, str]:
    """Name → what it measures. A benchmark is a module of the folder with a NAME; the rest is what they share."""
    found: dict[str, str] = {}
    for file in sorted(FOLDER.glob("*.py")):
        # Read, not imported: a list shall not wait for what the benchmarks stand on.
        tree = ast.parse(file.read_text())
        name = next((_value(node) for node in tree.body if _names(node, "NAME")), "")
        if name:
            found[name] = (ast.get_docstring(tree) or "").split("\n")[0]
    return found


def _names(node: ast.stmt, name: str) -> bool:
    return isinstance(node, ast.Assign) and any(isinstance(to, ast.Name) and to.id == name for to in node.targets)


def _value(node: ast.stmt) -> str:
    value = node.value if isinstance(node, ast.Assign) else None
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else ""
