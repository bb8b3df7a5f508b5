"""A row of the sheet as research sees it: who, where, and whether there is anything to look for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from libs.common.contracts.lines import PRIVATE_ROLES
from services.enrich.domain.texts import clean, core_name, word_set

_VALUE_CHARS = 300
_CELL_CHARS = 500
_CELLS = 30
_EMPTY = frozenset({"", "-", "–", "n/a", "na", "null", "none", "nil", "unknown", "#n/a", "?"})
_TITLES = word_set("dr prof mr mrs ms miss sir herr frau ing dipl mag mme m sr sra señor señora")
_FREE_MAIL = word_set(
    "gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com yahoo.co.uk ymail.com aol.com icloud.com"
    " me.com proton.me protonmail.com gmx.com gmx.de gmx.net web.de t-online.de mail.ru yandex.ru qq.com 163.com"
    " libero.it orange.fr free.fr wanadoo.fr laposte.net wp.pl o2.pl seznam.cz"
)
_NAME = re.compile(r"[^\W\d_](?:[^\W\d_]|[.'’`´-]){0,39}")
_IN_NO_NAME = re.compile(r"[:;{}<>=@|\\]")
_MOST_NAME_WORDS = 6
_HOST = re.compile(r"(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
_NOT_PUBLIC = (".localhost", ".local", ".internal", ".test", ".invalid", ".onion", ".arpa", ".lan", ".home")
_SHARED_SITES = (
    *(".facebook.com", ".instagram.com", ".linkedin.com", ".twitter.com", ".x.com", ".tiktok.com", ".youtube.com"),
    *(".xing.com", ".pinterest.com", ".threads.net", ".vk.com", ".linktr.ee", ".wikipedia.org"),
)
_NOT_AS_WRITTEN = PRIVATE_ROLES | {"first_name"}
_COMPANY_ROLES = frozenset({"company", "industry", "city", "state", "country"})


@dataclass(frozen=True, slots=True)
class Lead:
    """`roles` are the mapped cells that say something, `cells` the others. `domain` is the company's own site, or empty."""

    row_no: int
    roles: Mapping[str, str]
    cells: Mapping[str, str]
    company: str
    domain: str
    person: str
    first_name: str

    def for_model(self) -> dict[str, object]:
        """What a language model is told of the row: no addresses of the person, and no first name that is none."""
        told: dict[str, object] = {role: value for role, value in self.roles.items() if role not in _NOT_AS_WRITTEN}
        if self.domain:
            told["website"] = self.domain
        if self.first_name:
            told["first_name"] = self.first_name
        if self.cells:
            told["cells"] = dict(self.cells)
        return told

    def of_company(self) -> "Lead":
        """The same row without its person: what the rows of a company share knows nothing else."""
        roles = {role: value for role, value in self.roles.items() if role in _COMPANY_ROLES}
        return replace(self, roles=roles, cells={}, person="", first_name="")

    @property
    def words(self) -> str:
        """What the row says itself, its other columns left aside."""
        return " ; ".join([*self.roles.values(), self.person, self.domain])

    @property
    def company_key(self) -> str:
        """Equal for rows of one company: its site, else its name and place; and its industry, which tells what is asked."""
        industry = self.roles.get("industry", "").casefold()
        if self.domain:
            return f"{self.domain}|{industry}"
        place = (self.roles.get(role, "").casefold() for role in ("city", "state", "country"))
        return "|".join((" ".join(core_name(self.company)), *place, industry))


def read_lead(row_no: int, cells: Mapping[str, str], mapping: Mapping[str, str]) -> Lead:
    """Read a row by its mapping (role → column name)."""
    roles: dict[str, str] = {}
    for role, column in mapping.items():
        value = clean(cells.get(column, ""), longest=_VALUE_CHARS)
        if value.casefold() not in _EMPTY:
            roles[role] = value
    mapped = set(mapping.values())
    others = {
        clean(name, longest=100): clean(text, longest=_CELL_CHARS) for name, text in cells.items() if name not in mapped
    }
    kept = dict([(name, text) for name, text in others.items() if text.casefold() not in _EMPTY][:_CELLS])
    person = roles.get("full_name", "") or " ".join(
        part for part in (roles.get("first_name", ""), roles.get("last_name", "")) if part
    )
    return Lead(
        row_no=row_no,
        roles=roles,
        cells=kept,
        company=roles.get("company", ""),
        domain=_site(roles.get("website", "")) or _business_domain(roles.get("email", "")),
        person=_in_order(person),
        first_name=_first_name(roles.get("first_name", "")) or _first_of(_in_order(roles.get("full_name", ""))),
    )


def reason_to_skip(lead: Lead) -> str | None:
    """Why there is nothing to look for, in a sentence for the user; None when there is."""
    if lead.company or lead.domain:
        return None
    if lead.person:
        return (
            "The row names a person but no company, website or business e-mail address: nobody can tell who is meant."
        )
    return "The row names no company, no website and no business e-mail address."


def public_host(host: str) -> str:
    """The host name in the form DNS uses, or empty when it cannot be a public one."""
    try:
        name = host.strip().strip(".").lower().encode("idna").decode() if host else ""
    except UnicodeError:
        return ""
    name = name.removeprefix("www.")
    return name if _HOST.fullmatch(name) and not f".{name}".endswith(_NOT_PUBLIC) else ""


def _site(website: str) -> str:
    """The host of a company's own site. A page on a site that thousands share says nothing of whose words stand there."""
    try:
        host = public_host(urlsplit(website if "//" in website else f"//{website}").hostname or "")
    except ValueError:
        return ""
    return "" if f".{host}".endswith(_SHARED_SITES) else host


def _business_domain(email: str) -> str:
    domain = public_host(email.rpartition("@")[2]) if "@" in email else ""
    return "" if domain in _FREE_MAIL else domain


def _in_order(name: str) -> str:
    last, comma, first = name.partition(",")
    return f"{first.strip()} {last.strip()}".strip() if comma and first.strip() else name.rstrip(",")


def _first_of(full_name: str) -> str:
    """The first name in a full one; empty where only a title or initials stand before the last name."""
    words = full_name.split()
    return _first_name(" ".join(words[:-1])) if len(words) > 1 else _first_name(full_name)


def _first_name(name: str) -> str:
    """What the person can be addressed by; empty where the cell holds something else than a name."""
    if _IN_NO_NAME.search(name) or name.count(" ") >= _MOST_NAME_WORDS:
        return ""
    parts = [part for part in name.split() if part.strip(".").casefold() not in _TITLES]
    first = next((part for part in parts if len(part.strip(".")) > 1), "").strip(",;")
    return first if _NAME.fullmatch(first) else ""
