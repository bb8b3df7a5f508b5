"""Writes `libs/client/generated`: `python -m libs.client.generate`; `--check` fails when a byte would differ.

It is made from the committed description of the API: run `python -m libs.common.http.openapi` before.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from libs.client.generation.reading import operations_of
from libs.client.generation.schemas import models_of
from libs.client.generation.writing import HEADER, source_of

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "services" / "gateway" / "public_api.json"
FOLDER = ROOT / "libs" / "client" / "generated"


def made() -> dict[Path, str]:
    """Every file that is made, with the text it must have."""
    document: dict[str, Any] = json.loads(DOCUMENT.read_text("utf-8"))
    texts = {
        "__init__.py": HEADER,
        "models.py": f"{HEADER}\n{models_of(document)}",
        "operations.py": source_of(operations_of(document)),
    }
    return {FOLDER / name: _formatted(text) for name, text in texts.items()}


def stale() -> list[str]:
    """The files that differ from what the description says."""
    files = made()
    return [
        str(path.relative_to(ROOT))
        for path, text in files.items()
        if not path.exists() or path.read_text("utf-8") != text
    ]


def _formatted(text: str) -> str:
    ruff = str(Path(sys.executable).parent / "ruff")
    name = str(FOLDER / "made.py")
    for command in (["check", "--select", "I,F401", "--fix", "--quiet"], ["format", "--quiet"]):
        done = subprocess.run(  # noqa: S603
            [ruff, *command, "--stdin-filename", name, "-"],
            input=text,
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
        )
        text = done.stdout
    return text


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail when a file is out of date")
    if parser.parse_args().check:
        if files := stale():
            sys.exit(f"Out of date: {', '.join(files)}. Run python -m libs.client.generate and commit the result.")
        return
    FOLDER.mkdir(exist_ok=True)
    for path, text in made().items():
        path.write_text(text, "utf-8")


if __name__ == "__main__":
    _main()
