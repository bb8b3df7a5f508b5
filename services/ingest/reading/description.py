"""What is said of a table by its first rows: columns with names and types, a sample, suggested roles."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.ingest.domain.columns import ColumnType, column_type
from services.ingest.domain.mapping import ColumnFacts, suggest_mapping
from services.ingest.reading.table import Table
from services.ingest.segments import Cell, cell_to_json, text_of

SAMPLE_ROWS = 10
SAMPLE_CELL_CHARS = 500
_OF_TABLE = ("kind", "reader", "encoding", "delimiter", "quotechar", "sheet", "archive")
_EXACT_INTEGERS = 2**53


@dataclass(frozen=True)
class Described:
    """The columns' names, the header as it stands in the file, and the first rows below it."""

    names: Sequence[str]
    header: Sequence[Cell]
    first: Sequence[Sequence[Cell]]


def describe(table: Table, about: Described) -> dict[str, object]:
    """What the upload row keeps, all but the numbers of rows."""
    values = [[_at(row, index) for row in about.first] for index in range(len(about.names))]
    types: list[ColumnType] = [column_type(column) for column in values]
    facts = [
        ColumnFacts(name, kind, [text_of(cell) for cell in column if cell is not None])
        for name, kind, column in zip(about.names, types, values, strict=True)
    ]
    return {
        **{name: getattr(table, name) for name in _OF_TABLE},
        "columns": [
            {"index": index, "name": name, "header": cell_to_json(about.header[index]), "type": types[index]}
            for index, name in enumerate(about.names)
        ],
        "sample": [[_shown(_at(row, index)) for index in range(len(about.names))] for row in about.first[:SAMPLE_ROWS]],
        "mapping": suggest_mapping(facts),
    }


def _at(row: Sequence[Cell], index: int) -> Cell:
    return row[index] if index < len(row) else None


def _shown(cell: Cell) -> object:
    if cell is None or isinstance(cell, (bool, int, float)):
        return cell if not isinstance(cell, (int, float)) or abs(cell) < _EXACT_INTEGERS else text_of(cell)
    return text_of(cell)[:SAMPLE_CELL_CHARS]
