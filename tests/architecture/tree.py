"""The files of the project, as the architecture tests read them."""

from __future__ import annotations

import ast
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("gateway", "ingest", "enrich", "billing", "sender")
_NOT_OURS = {
    *(".git", ".venv", ".venv.lock", ".corofy", ".hypothesis", ".ruff_cache", ".import_linter_cache", "__pycache__"),
    *("node_modules", ".next", "out", ".env", "leads-enriched.xlsx"),
}


@cache
def files() -> tuple[Path, ...]:
    """What is, or would be, committed; without git (as in an image), everything that is not made by a run."""
    paths = _listed_by_git() or [path for path in ROOT.rglob("*") if not _NOT_OURS & set(path.relative_to(ROOT).parts)]
    return tuple(sorted(path for path in paths if path.is_file()))


def _listed_by_git() -> list[Path]:
    git = shutil.which("git")
    if git is None:
        return []
    command = [git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    return [ROOT / name for name in listed.stdout.decode().split("\0") if name] if listed.returncode == 0 else []


def modules(*folders: str) -> list[Path]:
    """The Python files under these folders."""
    wanted = tuple(ROOT / folder for folder in folders)
    return [path for path in files() if path.suffix == ".py" and any(path.is_relative_to(folder) for folder in wanted)]


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def calls(path: Path, *names: str) -> Iterator[ast.Call]:
    """Calls of functions, classes or methods of these names."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in names:
                yield node


def argument(call: ast.Call, name: str, *, position: int | None = None) -> ast.expr | None:
    """An argument by keyword, else by position."""
    by_name = next((keyword.value for keyword in call.keywords if keyword.arg == name), None)
    if by_name is None and position is not None and len(call.args) > position:
        return call.args[position]
    return by_name


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))
