"""Which text a spreadsheet would run as a formula when it opens a CSV, or when somebody edits the cell."""

import re
from collections.abc import Sequence

_INVISIBLE = "".join(
    map(
        chr,
        [
            *range(0x21),
            *range(0x7F, 0xA1),
            0xAD,
            0x1680,
            0x180E,
            *range(0x2000, 0x2010),
            *range(0x2028, 0x2030),
            *range(0x205F, 0x2070),
            0x3000,
            0xFEFF,
        ],
    )
)
"""What a spreadsheet skips, or nobody sees, in front of a formula: blanks, controls, marks of no width."""
_SUSPECTS = frozenset("=@＝＠+-＋－" + _INVISIBLE)
# A sign before nothing but digits and a phone number's punctuation is a number and stays as it is.
_FORMULA = re.compile(rf"[\t\r\n]|[{re.escape(_INVISIBLE)}]*(?:[=@＝＠]|[+\-＋－](?![\d\s().,/%\-]*\Z))")


def is_formula_like(text: str) -> bool:
    """Whether it begins as a formula does (OWASP, CSV injection), full-width forms and hidden beginnings too."""
    return text[:1] in _SUSPECTS and _FORMULA.match(text) is not None


def formula_like(cells: Sequence[object]) -> tuple[int, ...]:
    """Which of a row's cells are text that begins as a formula does."""
    # Letters of ASCII begin most texts and no formula: two comparisons let them through.
    return tuple(
        [
            index
            for index, cell in enumerate(cells)
            if type(cell) is str and not "A" <= cell < "\x7f" and cell[:1] in _SUSPECTS and _FORMULA.match(cell)
        ]
    )
