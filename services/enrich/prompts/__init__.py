"""The prompts: versioned files, each with the JSON schema of its answer. A change of wording is a new version."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True, eq=False)
class Prompt:
    """The rules for the system message and the form of the answer. `name` is the file's, version included.

    Each is loaded once, and equal to nothing else.
    """

    name: str
    rules: str
    schema: dict[str, Any]
    most_tokens: int

    def asking(self, more: Mapping[str, Any]) -> "Prompt":
        """The same prompt whose answer has further parts, by name and schema."""
        schema = self.schema
        parts = {**schema["properties"], **more}
        return replace(self, schema={**schema, "properties": parts, "required": list(parts)})


def _load(name: str, *, most_tokens: int) -> Prompt:
    return Prompt(
        name=name,
        rules=(_FOLDER / f"{name}.md").read_text(encoding="utf-8").strip(),
        schema=orjson.loads((_FOLDER / f"{name}.schema.json").read_bytes()),
        most_tokens=most_tokens,
    )


COMPANY = _load("company.v1", most_tokens=6000)
PERSON = _load("person.v1", most_tokens=4000)
LINE = _load("line.v2", most_tokens=1500)
