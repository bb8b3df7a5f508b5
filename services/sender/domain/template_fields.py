"""What a template may name: the usual fields of a lead, the columns of its sheet, and who writes."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches

LEAD_FIELDS = (
    *("first_name", "last_name", "company", "title", "country", "state", "city", "email", "line"),
    *("product", "pitch"),
)
"""`product` and `pitch` are empty where the catalogue offers a row nothing."""
SENDER_FIELDS = ("sender_name", "postal_address", "unsubscribe_address", "unsubscribe_url")
KNOWN_FIELDS = (*LEAD_FIELDS, *SENDER_FIELDS)
SHEET = "fields"
"""All of the sheet's columns by their headers: `{{ fields["Job title"] }}`."""

Values = Mapping[str, str | Mapping[str, str]]
_NOT_IN_NAMES = re.compile(r"\W+")


def field_name(header: str) -> str | None:
    """The name of a column in templates: `Job title` is `job_title`. None where nothing is left to name it by."""
    words = _NOT_IN_NAMES.sub("_", unicodedata.normalize("NFKC", header).lower()).strip("_")
    name = f"column_{words}" if words[:1].isdigit() else words
    return name if name.isidentifier() else None


def columns_by_name(headers: Iterable[str]) -> dict[str, str]:
    """The headers by their names. A usual field, and the first of two columns with one name, keep it."""
    found: dict[str, str] = {}
    for header in headers:
        name = field_name(header)
        if name and name not in KNOWN_FIELDS and name != SHEET:
            found.setdefault(name, header)
    return found


def mail_values(lead: Mapping[str, str], fields: Mapping[str, str], *, sender: Mapping[str, str]) -> Values:
    """Everything that the template of one mail may use. Blanks around a value are nobody's words."""
    sheet = {header: value.strip() for header, value in fields.items()}
    named = {name: sheet[header] for name, header in columns_by_name(sheet).items()}
    return {**named, **{name: value.strip() for name, value in lead.items()}, **sender, SHEET: sheet}


def unknown_field(name: str, known: Collection[str]) -> str:
    """What to tell about a field that nobody has heard of."""
    close = get_close_matches(name, known, n=1, cutoff=0.6) or get_close_matches(name.lower(), known, n=1, cutoff=0.6)
    if not known:
        return f"there is no column {name}: the list has none beside the usual fields"
    hint = f"did you mean {close[0]}? There are" if close else "there are"
    return f"there is no field {name}: {hint}: {', '.join(known)}"
