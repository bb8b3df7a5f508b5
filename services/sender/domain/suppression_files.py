"""A file of addresses and domains that are not to be written to: one a line, or the column of a table that holds them."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO

from libs.common.errors import Invalid
from libs.common.formulas import is_formula_like
from services.sender.domain.suppressing import target_of

MAX_LINES = 200_000
REPORTED_LINES = 100
_LONGEST_LINE = 100_000
_HEADINGS = frozenset({"email", "e-mail", "email address", "e-mail address", "address", "domain", "email or domain"})


@dataclass(frozen=True)
class ReadTargets:
    """Addresses and `@domains` without repetition, and the lines that are neither, each with its problem."""

    targets: list[str]
    bad: list[tuple[int, str]]


def read_targets(content: bytes) -> ReadTargets:
    """Read a CSV (UTF-8; comma, semicolon or tab). With a heading that says email or domain, that column; else the first.

    A domain may be written as `@example.com` or `example.com`. Raises Invalid: suppressions_not_text, suppressions_too_many.
    """
    try:
        words = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        msg = f"the file is not UTF-8 text (byte {error.start}): save it as CSV UTF-8"
        raise Invalid(msg, code="suppressions_not_text") from error
    if max(map(len, words.splitlines()), default=0) > _LONGEST_LINE:
        msg = f"the file has a line of more than {_LONGEST_LINE:,} characters: it is no list of addresses"
        raise Invalid(msg, code="suppressions_not_text")
    targets, bad = dict[str, None](), list[tuple[int, str]]()
    for number, cell in _cells(words):
        try:
            targets[_target(cell)] = None
        except Invalid as error:
            bad.append((number, error.message))
        if len(targets) + len(bad) > MAX_LINES:
            msg = f"the file has more than {MAX_LINES:,} lines: import it in parts"
            raise Invalid(msg, code="suppressions_too_many")
    return ReadTargets(list(targets), bad)


def _cells(words: str) -> Iterator[tuple[int, str]]:
    first = words.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    column = None
    rows = csv.reader(StringIO(words, newline=""), delimiter=separator)
    try:
        for row in rows:
            if column is None:
                column = next((n for n, cell in enumerate(row) if cell.strip().lower() in _HEADINGS), 0)
                if row and row[column].strip().lower() in _HEADINGS:
                    continue
            cell = row[column].strip() if column < len(row) else ""
            if cell:
                yield rows.line_num, cell
    except csv.Error as error:
        msg = f"line {rows.line_num} of the file cannot be read: {error}"
        raise Invalid(msg, code="suppressions_not_text") from error


def _target(cell: str) -> str:
    # What an export has kept from being run as a formula.
    cell = cell[1:] if cell.startswith("'") and is_formula_like(cell[1:]) else cell
    bare_domain = "@" not in cell and "." in cell
    return target_of("@" + cell if bare_domain else cell)
