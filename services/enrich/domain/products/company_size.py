"""How many people work at a company, read from a cell or a sentence."""

import re
from collections.abc import Iterable, Mapping

from services.enrich.domain.folding import folded

_HEADERS = frozenset(
    folded(header)
    for header in (
        *("employees", "number of employees", "no of employees", "employee count", "employees count", "num employees"),
        *("company size", "company headcount", "headcount", "staff", "size", "staff count", "employee range"),
        *("mitarbeiter", "mitarbeiterzahl", "anzahl mitarbeiter", "beschäftigte", "unternehmensgröße", "firmengröße"),
        *("effectif", "effectifs", "nombre d'employés", "salariés", "empleados", "número de empleados", "dipendenti"),
        *(
            "numero dipendenti",
            "medewerkers",
            "aantal medewerkers",
            "antal anställda",
            "antall ansatte",
            "funcionários",
        ),
    )
)
_NUMBER = r"\d{1,3}(?:[.,'’\u00a0\u202f ]\d{3})+(?!\d)|\d+[.,]\d{1,2}(?!\d)|\d+"
_DECIMAL = re.compile(r"(\d+)[.,](\d{1,2})")
_AMOUNT = re.compile(rf"({_NUMBER})\s*([kK])?\s*(?:(?:-|–|—|to|bis|à)\s*({_NUMBER})\s*([kK])?)?")
_PEOPLE = re.compile(
    rf"({_NUMBER})\+?\s+(?:(?:full[- ]time|people|skilled|dedicated|rund|über)\s+)?(?:employees|staff|people|workers"
    r"|mitarbeiter(?:innen|n)?|mitarbeitende[rn]?|beschäftigten?|angestellten?|salariés|collaborateurs|employés"
    r"|empleados|trabajadores|dipendenti|medewerkers|anställda|ansatte|funcionários)\b",
    re.IGNORECASE,
)


def number_in(text: str) -> float | None:
    """The number a cell states; of a range its middle, of `5,000+` the number itself. None when it states none."""
    found = _AMOUNT.search(text)
    if found is None:
        return None
    low, low_k, high, high_k = found.groups()
    sign = -1 if text[: found.start()].strip().endswith("-") else 1
    first = sign * _value(low) * (1000 if low_k or (high_k and high) else 1)
    return first if high is None else (first + _value(high) * (1000 if high_k else 1)) / 2


def size_in_cells(columns: Mapping[str, str]) -> tuple[float, str] | None:
    """The size by a column that is called like it, with the cell's own words. `columns` is by folded header."""
    for header, cell in columns.items():
        if header in _HEADERS and (size := number_in(cell)) is not None:
            return size, cell
    return None


def size_in_texts(texts: Iterable[str]) -> tuple[float, str] | None:
    """The first number of people that a text states, with its own words."""
    for text in texts:
        if (found := _PEOPLE.search(text)) is not None:
            return _value(found[1]), found[0]
    return None


def _value(digits: str) -> float:
    decimal = _DECIMAL.fullmatch(digits)
    return float(f"{decimal[1]}.{decimal[2]}") if decimal else float(re.sub(r"\D", "", digits))
