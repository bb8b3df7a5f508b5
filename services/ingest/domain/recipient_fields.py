"""The other columns of a recipient's row, for templates to name: all of them, and no more than a message can carry."""

from collections.abc import Collection, Mapping, Sequence

import orjson

MAX_FIELDS = 200
MAX_FIELD_CHARS = 5_000
MAX_PART_BYTES = 4 * 1024 * 1024
"""Of the fields of all rows of a part: half of what a message may have."""
_CUTS = (MAX_FIELD_CHARS, 2_000, 1_000, 500, 200, 100, 50)
_FEWER = (100, 50, 20, 10, 0)


def columns_beside(names: Sequence[str], taken: Collection[int]) -> list[tuple[int, str]]:
    """Index and name of the first 200 columns that a recipient does not carry under a name of its own."""
    return [(index, name) for index, name in enumerate(names) if index not in taken][:MAX_FIELDS]


def fields_of(cells: Sequence[str], columns: Sequence[tuple[int, str]]) -> dict[str, str]:
    """Name → text of these columns. One that the row ends before is empty, so that every row has the same names."""
    return {name: cells[index].strip()[:MAX_FIELD_CHARS] if index < len(cells) else "" for index, name in columns}


def fitted(rows: Sequence[Mapping[str, str]], *, max_bytes: int = MAX_PART_BYTES) -> list[dict[str, str]]:
    """The fields of a part's rows, in as many bytes of JSON: the longest texts are cut first, then the last columns left out.

    The same rows are cut alike however often the part is made.
    """
    found = [dict(row) for row in rows]
    for chars in _CUTS:
        found = [{name: text[:chars] for name, text in row.items()} for row in found]
        if _size(found) <= max_bytes:
            return found
    for count in _FEWER:
        found = [dict(list(row.items())[:count]) for row in found]
        if _size(found) <= max_bytes:
            return found
    return found


def _size(rows: Sequence[Mapping[str, str]]) -> int:
    return sum(len(orjson.dumps(row)) for row in rows)
