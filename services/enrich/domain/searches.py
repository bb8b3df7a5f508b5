"""What is searched for a row: its company, its person at that company, and news of the last year."""

from dataclasses import dataclass
from typing import Literal

from services.enrich.domain.lead import Lead

Kind = Literal["company", "person", "news"]


@dataclass(frozen=True, slots=True)
class Query:
    """One search. `news` goes to the news index, limited to the last twelve months."""

    kind: Kind
    text: str


def company_searches(lead: Lead) -> list[Query]:
    """What is asked of the company: who it is, and the news. Nobody asks when its research is shared."""
    named, hints = _named(lead), [lead.roles.get("industry", ""), *_place(lead)]
    about = f"{named} {lead.domain}".strip() if lead.company else named
    return [Query("company", _joined(about, *hints)), Query("news", _joined(named, *hints))]


def person_searches(lead: Lead) -> list[Query]:
    """What is asked of the person: a full name at a company, or nothing."""
    if " " not in lead.person:
        return []
    return [Query("person", _joined(f"{_quoted(lead.person)} {_named(lead)}", lead.roles.get("title", "")))]


def _named(lead: Lead) -> str:
    return _quoted(lead.company) or lead.domain


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def _place(lead: Lead) -> list[str]:
    return [lead.roles[role] for role in ("city", "state", "country") if role in lead.roles]


def _quoted(text: str) -> str:
    bare = " ".join(text.replace('"', " ").split())
    return f'"{bare}"' if bare else ""
