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


def plan_searches(lead: Lead) -> list[Query]:
    """The searches of a row, at most three, made at the same time."""
    named = _quoted(lead.company) or lead.domain
    hints = [lead.roles.get("industry", ""), *_place(lead)]
    company = ", ".join(part for part in (f"{named} {lead.domain}".strip() if lead.company else named, *hints) if part)
    queries = [Query("company", company)]
    if lead.person and " " in lead.person:
        title = lead.roles.get("title", "")
        queries.append(Query("person", ", ".join(part for part in (f"{_quoted(lead.person)} {named}", title) if part)))
    queries.append(Query("news", ", ".join(part for part in (named, *hints) if part)))
    return queries


def _place(lead: Lead) -> list[str]:
    return [lead.roles[role] for role in ("city", "state", "country") if role in lead.roles]


def _quoted(text: str) -> str:
    bare = " ".join(text.replace('"', " ").split())
    return f'"{bare}"' if bare else ""
