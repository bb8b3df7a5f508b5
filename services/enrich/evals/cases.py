"""The cases of the eval set: a row, what the web says of it, and what must and must not come of it."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from services.enrich.domain.products.catalogue import Catalogue, Product

CASES = Path(__file__).parent / "cases"
INJECTIONS = Path(__file__).parent / "injections"
MAPPING = {
    "company": "Company",
    "website": "Website",
    "first_name": "First",
    "last_name": "Last",
    "full_name": "Name",
    "title": "Job",
    "city": "City",
    "country": "Country",
    "industry": "Industry",
    "email": "E-mail",
}


_PADDING = "\n\n".join(
    f"Paragraph {nth} of the terms says what paragraph {nth - 1} has left out." for nth in range(1, 300)
)
"""What `{long}` in a page stands for."""


@dataclass(frozen=True, slots=True)
class WebResult:
    """A result of the searches; `kind` is `company`, `person`, `news` or `web` (both searches of the web)."""

    kind: str
    url: str
    title: str
    text: str
    date: str = ""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a program looks for. `facts` are alternatives separated by `|`, with the site that must be cited behind a ` @ `.

    `never` stands in no statement, answer or line. `answers` are those of extra columns, `unknown` columns without one.
    """

    status: str = "enriched"
    facts: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    rejected: tuple[str, ...] = ()
    answers: Mapping[str, Any] = field(default_factory=dict[str, Any])
    unknown: tuple[str, ...] = ()
    product: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """One row. `pages` are by path; one that begins with `<` is HTML and read as we read websites ourselves."""

    name: str
    about: str
    row: Mapping[str, str]
    results: tuple[WebResult, ...] = ()
    pages: Mapping[str, str] = field(default_factory=dict[str, str])
    columns: tuple[tuple[str, str, str], ...] = ()
    catalogue: Catalogue = field(default_factory=Catalogue)
    language: str = "en"
    max_words: int = 40
    offer: str = ""
    forbidden_words: tuple[str, ...] = ()
    expected: Expected = field(default_factory=Expected)
    is_injection: bool = False

    @property
    def site(self) -> str:
        """The host whose pages are served."""
        bare = self.row.get("Website", "").strip().partition("//")[2] or self.row.get("Website", "").strip()
        host = bare.partition("/")[0] or self.row.get("E-mail", "").rpartition("@")[2]
        return host.casefold().removeprefix("www.")


def load_cases(folder: Path = CASES) -> list[Case]:
    """Every case of the folder's files, in their order. Two of one name, or an unknown key, are a mistake: ValueError."""
    cases = [
        _case(entry)
        for file in sorted(folder.glob("*.toml"))
        for entry in tomllib.loads(file.read_text("utf-8"))["case"]
    ]
    names = [case.name for case in cases]
    if twice := {name for name in names if names.count(name) > 1}:
        msg = f"there are two cases of the name {', '.join(sorted(twice))}: give each its own"
        raise ValueError(msg)
    return cases


def _case(entry: Mapping[str, Any]) -> Case:
    told = dict(entry)
    if "pages" in told:
        told["pages"] = {path: page.replace("{long}", _PADDING) for path, page in told["pages"].items()}
    expected = {name: _frozen(told.pop(name)) for name in Expected.__dataclass_fields__ if name in told}
    products = told.pop("products", [])
    try:
        return Case(
            **{name: _frozen(value) for name, value in told.items() if name not in {"results", "columns"}},
            results=tuple(WebResult(*one) for one in told.get("results", [])),
            columns=tuple((name, description, kind) for name, description, kind in told.get("columns", [])),
            catalogue=Catalogue(products=tuple(Product(*one) for one in products)),
            expected=Expected(**expected),
        )
    except (TypeError, ValueError) as error:
        msg = f"case {entry.get('name', '?')!r} cannot be read: {error}"
        raise ValueError(msg) from error


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, Sequence) and not isinstance(value, str) else value
