"""Writes what is made from the contracts: `python -m libs.common.contracts.generate`; `--check` fails when a byte would differ.

The JSON Schema snapshots, `docs/asyncapi.json`, `docs/events.md` and `docs/data-flow.md`.
"""

import argparse
import json
import sys
from pathlib import Path

from libs.common.contracts import asyncapi, documents, snapshots

ROOT = Path(__file__).resolve().parents[3]


def made() -> dict[Path, str]:
    """Every file that is made, with the text it must have."""
    schemas = {snapshots.SCHEMAS / name: _json(schema) for name, schema in snapshots.current().items()}
    return {
        **schemas,
        ROOT / "docs/asyncapi.json": _json(asyncapi.document()),
        ROOT / "docs/events.md": documents.events_page(),
        ROOT / "docs/data-flow.md": documents.data_flow_page(),
    }


def stale() -> list[str]:
    """The files that differ from what the code says, and snapshots of events that there are no longer."""
    files = made()
    differing = [path for path, text in files.items() if not path.exists() or path.read_text("utf-8") != text]
    orphans = [path for path in snapshots.SCHEMAS.glob("*.json") if path not in files]
    return sorted(str(path.relative_to(ROOT)) for path in (*differing, *orphans))


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail when a file is out of date")
    parser.add_argument("--break", dest="breaking", action="store_true", help="accept a change that breaks readers")
    args = parser.parse_args()
    if args.check:
        if files := stale():
            sys.exit(
                f"Out of date: {', '.join(files)}. Run python -m libs.common.contracts.generate and commit the result."
            )
        return
    if (broken := snapshots.broken_promises()) and not args.breaking:
        sys.exit(
            "\n".join(["Somebody would break; make it a new version of the event (or, unreleased, --break):", *broken])
        )
    for path, text in made().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")


if __name__ == "__main__":
    _main()
