"""What a person asks `corofy enrich` for beside the file: how it is read, which rows, up to which cost, which columns,
what the lines are like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from libs.cli.errors import CliError


@dataclass(frozen=True)
class Order:
    """Nothing chosen is what the API takes by itself: the whole list, read as it looks."""

    sheet: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    header_row: int | None = None
    first: int | None = None
    ceiling: int | None = None
    columns: tuple[str, ...] = ()
    flat: bool = False
    tone: str | None = None
    language: str | None = None
    max_words: int | None = None
    offer: str | None = None
    forbid: tuple[str, ...] = ()
    line_rules: str | None = None

    @property
    def reading(self) -> dict[str, Any]:
        """The decisions about reading, for `PUT /v1/uploads/{id}/reading`; empty when there are none."""
        delimiter = "\t" if self.delimiter == "tab" else self.delimiter
        chosen = {"sheet": self.sheet, "encoding": self.encoding, "delimiter": delimiter, "header_row": self.header_row}
        return {name: value for name, value in chosen.items() if value is not None}

    @property
    def rows(self) -> dict[str, Any]:
        """Which rows, for a quote."""
        return {} if self.first is None else {"first_rows": self.first}

    @property
    def job(self) -> dict[str, Any]:
        """Everything about the job. Raises CliError for a column that is not `Name: description`."""
        ceiling = {} if self.ceiling is None else {"ceiling_credits": self.ceiling}
        columns = {"extra_columns": [_column(text) for text in self.columns]} if self.columns else {}
        return self.rows | ceiling | columns | self.line

    @property
    def line(self) -> dict[str, Any]:
        """The wishes for the opening lines."""
        chosen: dict[str, Any] = {
            "tone": self.tone,
            "language": self.language,
            "max_words": self.max_words,
            "offer": self.offer,
            "line_rules": self.line_rules,
        }
        forbidden = {"forbidden_words": list(self.forbid)} if self.forbid else {}
        return {name: value for name, value in chosen.items() if value is not None} | forbidden


def _column(text: str) -> dict[str, str]:
    name, colon, description = (part.strip() for part in text.partition(":"))
    if not (name and colon and description):
        raise CliError(f"--column {text!r} is not of the form 'Name: what to find out': say both.")
    return {"name": name, "description": description}
