"""Words of a person who is erased, in names and in parts of lists that could not be taken in: taken out, and the others' left
as they came."""

import re
from collections.abc import Collection, Mapping
from typing import Any, cast

import orjson

from libs.common.naming import ERASED, FILE_ENDING, name_pattern_of, pattern_of

_LOCAL = (r"[\w.+-]", r"[^\s\"\\<>()\[\],;:@]")
_ADDRESSES = [re.compile(rf"{letter}{{1,64}}@[\w.-]{{1,255}}") for letter in _LOCAL]
_KEPT = frozenset({"email", "status"})


def addresses_in(words: str) -> set[str]:
    """What may be an address, in lower case."""
    found = {one.strip(".").lower() for pattern in _ADDRESSES for one in pattern.findall(words)}
    return found | {re.sub(FILE_ENDING, "", one) for one in found}


def without(words: str, addresses: Collection[str]) -> str:
    """The same words, without these addresses."""
    return re.sub(pattern_of(*sorted(addresses)), ERASED, words, flags=re.IGNORECASE) if addresses else words


def name_without(name: str, addresses: Collection[str]) -> str:
    """The same for the name of a file, or of a list that is called after one."""
    return re.sub(name_pattern_of(*sorted(addresses)), ERASED, name, flags=re.IGNORECASE) if addresses else name


def part_without(body: bytes, erased: Mapping[str, str]) -> bytes | None:
    """The message of a part, with the rows of these people emptied and their addresses taken out of the others. `erased` says
    what stands in place of each address. None: it is no such message."""
    try:
        envelope = orjson.loads(body)
        rows = envelope["data"]["recipients"]
        called = name_without(envelope["data"]["list_name"], erased)
        emptied = [_row_without(cast("dict[str, Any]", row), erased) for row in rows]
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    envelope["data"] |= {"list_name": called, "recipients": emptied}
    return without(orjson.dumps(envelope).decode(), erased).encode()


def _row_without(row: dict[str, Any], erased: Mapping[str, str]) -> dict[str, Any]:
    email = str(row["email"]).strip().lower()
    named = next((stands_for for address, stands_for in erased.items() if without(email, [address]) != email), None)
    if named is None:
        return row
    words = {name: "" for name, value in row.items() if isinstance(value, str) and name not in _KEPT}
    return row | words | {"email": named, "fields": {}}
