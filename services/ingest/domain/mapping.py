"""Which column plays which role: suggested by what headers say first, by what values look like second."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from services.ingest.domain.columns import ColumnType

Role = Literal[
    "email",
    "first_name",
    "last_name",
    "full_name",
    "company",
    "website",
    "title",
    "country",
    "state",
    "city",
    "phone",
    "linkedin",
    "industry",
]
ROLES: tuple[Role, ...] = get_args(Role)

_SPELLINGS: Mapping[Role, str] = {
    "email": """email, e mail, email address, e mail address, mail, work email, business email, company email,
        primary email, contact email, person email, professional email, email 1, email1, emailaddress, lead email,
        e mail adresse, mailadresse, correo, correo electronico, courriel, adresse email, adresse mail, indirizzo email,
        e post, epost, eposta, e posta, posta, sahkoposti""",
    "first_name": """first name, firstname, first, fname, given name, givenname, forename, contact first name,
        person first name, lead first name, vorname, prenom, nombre, nome, fornavn, fornamn, voornaam, imie, ad, isim""",
    "last_name": """last name, lastname, last, lname, surname, family name, familyname, contact last name,
        person last name, lead last name, nachname, familienname, nom, nom de famille, apellido, apellidos, cognome,
        efternavn, efternamn, achternaam, sobrenome, nazwisko, soyad, soyadi""",
    "full_name": """full name, fullname, name, contact name, contact, person, person name, lead name, lead, contact person,
        ansprechpartner, nom complet, nombre completo, nome completo, ad soyad, naam, navn""",
    "company": """company, company name, companyname, organization, organisation, organization name, organisation name,
        account, account name, business, business name, employer, current company, firm, firma, unternehmen,
        firmenname, societe, entreprise, empresa, azienda, bedrijf, sirket, spolka, security, legal name, org, customer""",
    "website": """website, web site, web, site, url, company website, company url, website url, domain, company domain,
        homepage, web address, company web site, webseite, site web, sitio web, sito web, sito, www, internet""",
    "title": """title, job title, jobtitle, position, role, job role, job position, person title, contact title,
        designation, function, headline, funktion, stelle, berufsbezeichnung, poste, fonction, cargo, puesto, ruolo,
        functie, unvan""",
    "country": """country, country name, country code, nation, person country, contact country, company country,
        land, pays, pais, paese, ulke, country region, country or region, location country""",
    "state": """state, province, region, state province, state or province, state region, person state, company state,
        bundesland, etat, estado, provincia, provincie, us state, county, location state""",
    "city": """city, town, person city, contact city, company city, location city, headquarters city, hq city, stadt,
        ort, ville, ciudad, citta, cidade, stad, sehir, miasto""",
    "phone": """phone, phone number, telephone, telephone number, tel, mobile, mobile phone, mobile number, cell,
        cell phone, work phone, direct phone, direct dial, corporate phone, company phone, contact number, phone 1,
        work direct phone, telefon, telefonnummer, handy, mobil, telefono, telefone, telephone portable, telefoon""",
    "linkedin": """linkedin, linkedin url, linkedin profile, linkedin profile url, person linkedin url,
        person linkedin, linkedin link, contact linkedin, li url, linkedin personal url, linkedin member url""",
    "industry": """industry, industries, sector, company industry, vertical, branche, branch, industrie, secteur,
        sector de actividad, settore, sektor, gics sector, industry sector, business sector, naics industry""",
}

_ROLE_OF: Mapping[str, Role] = {
    " ".join(text.split()): role for role, texts in _SPELLINGS.items() for text in texts.split(",")
}
_ORDER: Mapping[str, int] = {
    " ".join(text.split()): rank for texts in _SPELLINGS.values() for rank, text in enumerate(texts.split(","))
}

# Words that say what a column is about when its header is not known word for word, tried in this order.
_HINTS: tuple[tuple[Role, re.Pattern[str]], ...] = (
    ("linkedin", re.compile(r"\blinked ?in\b")),
    ("email", re.compile(r"\be ?mail( address)?\b")),
    ("first_name", re.compile(r"\b(first|given) ?name\b")),
    ("last_name", re.compile(r"\b(last|family) ?name\b|\bsurname\b")),
    ("phone", re.compile(r"\b(tele)?phone\b|\bmobile\b")),
    ("website", re.compile(r"\bweb ?site\b|\bhomepage\b|\bdomain\b")),
    ("title", re.compile(r"\bjob ?(title|role)\b")),
    ("company", re.compile(r"\b(company|organi[sz]ation|account|business) ?name\b")),
    ("industry", re.compile(r"\bindustry\b|\bsector\b")),
    ("country", re.compile(r"\bcountry\b")),
    ("state", re.compile(r"\b(state|province)\b")),
    ("city", re.compile(r"\bcity\b")),
    ("full_name", re.compile(r"\bfull ?name\b")),
)
_NOT_THE_THING = re.compile(
    r"\b(status|id|verified|valid|validity|confidence|source|score|count|type|date|at|sent|opened|opt|bounced|catch"
    r"|secondary|other|previous|former|assistant|manager|owner|notes?|code|github|twitter|facebook)\b"
)
_COMPANY_LINKEDIN = re.compile(r"\b(company|organi[sz]ation|account)\b")
_LINKEDIN_VALUE = re.compile(r"(https?://)?([a-z]{2,3}\.)?linkedin\.com/", re.IGNORECASE)
_PERSONAL: frozenset[Role] = frozenset({"email", "first_name", "title", "linkedin"})
_VALUE_ROLES: Mapping[ColumnType, Role] = {"email": "email", "url": "website", "phone": "phone"}


@dataclass(frozen=True)
class ColumnFacts:
    """What the suggestion looks at: a column's name, the type of its values, and some of them as text."""

    name: str
    type: ColumnType
    values: Sequence[str]


def suggest_mapping(columns: Sequence[ColumnFacts]) -> dict[Role, int]:
    """Role → column index. Each column plays one role; an exact header beats a hint, a hint beats values."""
    offers = [offer for index, column in enumerate(columns) if (offer := _offer(index, column)) is not None]
    mapping: dict[Role, int] = {}
    for _, index, role in sorted(offers):
        if role not in mapping and index not in mapping.values():
            mapping[role] = index
    return _without_doubles({role: mapping[role] for role in ROLES if role in mapping}, columns)


def _offer(index: int, column: ColumnFacts) -> tuple[int, int, Role] | None:
    if column.type == "empty" and column.values:
        return None
    header = normalise(column.name)
    by_header = _by_header(header)
    if by_header is not None and _values_agree(by_header[1], column):
        return by_header[0], index, by_header[1]
    by_value = _by_value(column)
    return (1000, index, by_value) if by_value is not None else None


def _by_header(header: str) -> tuple[int, Role] | None:
    known = _ROLE_OF.get(header)
    if known is not None:
        return _ORDER[header], known
    if _NOT_THE_THING.search(header):
        return None
    for role, hint in _HINTS:
        if hint.search(header) and not (role == "linkedin" and _COMPANY_LINKEDIN.search(header)):
            return 500, role
    return None


def _values_agree(role: Role, column: ColumnFacts) -> bool:
    """A header is not believed when the values plainly say otherwise (an "Email" full of yes and no)."""
    if column.type in {"empty", "text", "mixed"}:
        return True
    if role == "email":
        return column.type == "email"
    if role == "phone":
        return column.type in {"phone", "integer", "number"}
    if role in {"website", "linkedin"}:
        return column.type == "url"
    return column.type in {"text", "url"}


def _by_value(column: ColumnFacts) -> Role | None:
    filled = [value for value in column.values if value.strip()]
    if filled and all(_LINKEDIN_VALUE.match(value.strip()) for value in filled):
        return None if _COMPANY_LINKEDIN.search(normalise(column.name)) else "linkedin"
    if _NOT_THE_THING.search(normalise(column.name)):
        return None
    return _VALUE_ROLES.get(column.type)


def _without_doubles(mapping: dict[Role, int], columns: Sequence[ColumnFacts]) -> dict[Role, int]:
    """A bare "Name" is the company's when last names have a column of their own, or when no column speaks of a person."""
    index = mapping.get("full_name")
    if index is None or normalise(columns[index].name) != "name":
        return mapping
    if "last_name" not in mapping and _PERSONAL & mapping.keys():
        return mapping
    rest: dict[Role, int] = {role: at for role, at in mapping.items() if role != "full_name"}
    if "company" in rest:
        return rest if "last_name" in rest else mapping
    return {**rest, "company": index}


def normalise(header: str) -> str:
    """A header without case, accents, punctuation, camel case and doubled blanks: `E-Mail_Address` → `e mail address`."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", header)
    plain = "".join(c for c in unicodedata.normalize("NFKD", spaced) if not unicodedata.combining(c))
    words = re.sub(r"[^\w]|_", " ", plain.lower().replace("ı", "i").replace("ø", "o"))
    return " ".join(words.split())
