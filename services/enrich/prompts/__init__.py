"""The prompts: versioned files, each with the JSON schema of its answer. A change of wording is a new version."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Prompt:
    """The rules for the system message and the form of the answer. `name` is the file's, version included."""

    name: str
    rules: str
    schema: dict[str, Any]
    most_tokens: int


def _load(name: str, *, most_tokens: int) -> Prompt:
    return Prompt(
        name=name,
        rules=(_FOLDER / f"{name}.md").read_text(encoding="utf-8").strip(),
        schema=orjson.loads((_FOLDER / f"{name}.schema.json").read_bytes()),
        most_tokens=most_tokens,
    )


RESEARCH = _load("research.v1", most_tokens=6000)
LINE = _load("line.v1", most_tokens=1500)
