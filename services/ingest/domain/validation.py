"""What is wrong with a row, cell by cell, and whose lead it is. A finding never drops a row: the person decides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from services.ingest.domain.addresses import Mail, host_of, is_blank, is_shared_site, read_mail
from services.ingest.domain.header_words import Role
from services.ingest.domain.lead_identity import lead_key

MAX_RESEARCH_CHARS = 2000
WHOLE_ROW = -1

Severity = Literal["problem", "note"]
ADVICE: Mapping[str, tuple[Severity, str]] = {
    "bad_email": ("problem", "This is no e-mail address: write one address alone, or leave the cell blank."),
    "placeholder_email": ("problem", "This stands in for an address: find the real one, or leave the cell blank."),
    "missing_email": ("note", "There is no e-mail address: the row can be researched, and not be written to."),
    "role_address": (
        "note",
        "The address is a department's, not a person's: the opening line may sound misplaced there.",
    ),
    "missing_company": (
        "problem",
        "There is no website, no company and no address at a company: fill in one of them, or the row cannot be researched.",
    ),
    "missing_person": ("note", "There is no name: the opening line will greet nobody by name."),
    "bad_website": ("problem", "This is no web address: write it as example.com, or leave the cell blank."),
    "text_too_long": ("note", "Research sees the first 2,000 characters of this cell; your sheet keeps all of it."),
    "ragged_row": (
        "problem",
        "The row has more cells than the header has names: look for a separator that is part of a text.",
    ),
    "blank_row": ("note", "There is nothing in this row: it stays where it is, and nothing is looked for."),
    "duplicate": ("note", "The same lead stands further up in the file."),
    "known": ("note", "An earlier job has this lead already."),
}
"""Of each code: how bad it is, and what it means for the reader. These codes are stable and part of the API."""


@dataclass(frozen=True)
class Finding:
    """One thing in one cell; `column` is WHOLE_ROW when no cell has it. `value` is what stands there."""

    code: str
    column: int = WHOLE_ROW
    value: str = ""


@dataclass(frozen=True)
class Columns:
    """Which column plays which role, and how many have a name."""

    mapping: Mapping[Role, int]
    named: int

    def any_of(self, *roles: Role) -> bool:
        """Whether the sheet has a column for one of these."""
        return any(role in self.mapping for role in roles)


def check_row(cells: Sequence[str], columns: Columns) -> tuple[list[Finding], int | None]:
    """What is wrong with a row, and its lead's key (None when the row does not say enough). Blank cells are "".

    What is missing is a finding only where the sheet has columns for it.
    """
    if not any(cells):
        return [Finding("blank_row")], None
    found: list[Finding] = []
    mail = _check_mail(cells, columns, found)
    host = _check_website(cells, columns, found)
    company = _text(cells, columns, "company")
    if columns.any_of("company", "website", "email") and not (company or host or (mail and mail.company_host)):
        found.append(Finding("missing_company"))
    person = _person(cells, columns)
    if columns.any_of("first_name", "last_name", "full_name") and not person:
        found.append(Finding("missing_person"))
    _check_size(cells, columns, found)
    own = "" if host is None or is_shared_site(host) else host
    return found, lead_key(mail=mail, person=person, company=company, host=own)


def _check_mail(cells: Sequence[str], columns: Columns, found: list[Finding]) -> Mail | None:
    index = columns.mapping.get("email")
    if index is None:
        return None
    text = cells[index] if index < len(cells) else ""
    if not text or text.isspace():
        found.append(Finding("missing_email", index))
        return None
    mail = read_mail(text)
    if isinstance(mail, str):
        found.append(Finding(mail, index, text))
        return None
    if mail.is_role:
        found.append(Finding("role_address", index, text))
    return mail


def _check_website(cells: Sequence[str], columns: Columns, found: list[Finding]) -> str | None:
    text = _text(cells, columns, "website")
    if not text:
        return None
    host = host_of(text)
    if host is None:
        found.append(Finding("bad_website", columns.mapping["website"], text))
    return host


def _person(cells: Sequence[str], columns: Columns) -> str:
    parts = (_text(cells, columns, "first_name"), _text(cells, columns, "last_name"))
    return " ".join(part for part in parts if part) or _text(cells, columns, "full_name")


def _check_size(cells: Sequence[str], columns: Columns, found: list[Finding]) -> None:
    for index, text in enumerate(cells):
        if len(text) > MAX_RESEARCH_CHARS:
            found.append(Finding("text_too_long", index, text))
    for index in range(columns.named, len(cells)):
        if cells[index]:
            found.append(Finding("ragged_row", index, cells[index]))
            return


def _text(cells: Sequence[str], columns: Columns, role: Role) -> str:
    """What stands in the column of a role; "" also when that says nothing."""
    index = columns.mapping.get(role)
    if index is None or index >= len(cells):
        return ""
    text = cells[index]
    return "" if not text or is_blank(text) else text.strip()
