"""Which cells name somebody who is erased, and what is left of their row."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from libs.common.naming import FILE_ENDING, pattern_of
from services.ingest.segments import Cell

ERASED = "erased"
"""Why a row is empty."""
_ENDING = re.compile(FILE_ENDING, re.IGNORECASE)


@dataclass(frozen=True)
class Person:
    """Somebody by their address, in the spelling by which it is compared: lower case, the domain as DNS knows it."""

    address: str

    @property
    def spellings(self) -> tuple[str, ...]:
        """How it may stand in a sheet, in lower case."""
        local, _, domain = self.address.rpartition("@")
        try:
            shown = domain.encode("ascii").decode("idna")
        except UnicodeError:
            shown = domain
        return tuple(dict.fromkeys((self.address, f"{local}@{shown}")))

    def pattern(self) -> re.Pattern[str]:
        """Finds the address where it is not the end, or the beginning, of a longer one."""
        return re.compile(pattern_of(*self.spellings), re.IGNORECASE)


def may_name(person: Person, line: bytes) -> bool:
    """Whether a stored row has the address in it at all: quick, and yes also where it is part of another."""
    lower = line.decode("utf-8", "replace").lower()
    return any(spelling in lower for spelling in person.spellings)


def erase_from(cells: Sequence[Cell], *, named: re.Pattern[str], email_columns: Collection[int]) -> list[Cell] | None:
    """What is left of a row: nothing where a column of addresses names the person, else all but the address. None where it
    does not name them."""
    hits = [index for index, cell in enumerate(cells) if isinstance(cell, str) and named.search(cell)]
    if not hits:
        return None
    if any(index in email_columns for index in hits):
        return []
    return [
        named.sub("", cell) if isinstance(cell, str) and index in hits else cell for index, cell in enumerate(cells)
    ]


def erase_from_name(filename: str, *, named: re.Pattern[str]) -> str:
    """What a file is called without the person. Its ending, unlike other words after a dot, is no part of an address."""
    ending = _ENDING.search(filename)
    stem = filename[: ending.start()] if ending else filename
    return named.sub(ERASED, stem) + filename[len(stem) :]
