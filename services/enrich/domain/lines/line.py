"""Whether an opening line may be sent, checked by program; and the plain line that always may."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from services.enrich.domain.folding import folded
from services.enrich.domain.lead import Lead
from services.enrich.domain.lines.claims import Backing, unbacked
from services.enrich.domain.lines.drafts import Case, Draft, Rules
from services.enrich.domain.lines.form import (
    addresses_in,
    greeted_name,
    is_marked_up,
    is_other_language,
    is_vocative,
    takes_up,
)
from services.enrich.domain.lines.phrases import (
    FLATTERY,
    ORDERS,
    SIGNATURES,
    SUBJECT,
    Phrases,
    forbidden_in,
    standing_in,
)
from services.enrich.domain.lines.wording import wording_of
from services.enrich.domain.orders import gives_orders
from services.enrich.domain.research import Statement, UnreadableAnswer
from services.enrich.domain.texts import clean, words_of

_LINE_CHARS = 1000
_USUAL_WORDS: Final = 40
_WORDS_OF_A_NAME: Final = 3
_MOST_WORDS_OF_A_NAME: Final = 8


Check = Callable[[Case], list[str]]


def read_draft(answer: object) -> Draft:
    """The line of a model's answer. Raises UnreadableAnswer."""
    if not isinstance(answer, Mapping):
        raise UnreadableAnswer("the answer is not an object")
    text, ids = answer.get("line"), answer.get("statement_ids")
    if not isinstance(text, str) or not isinstance(ids, list):
        raise UnreadableAnswer("the answer lacks line or statement_ids")
    paragraphs = sum(bool(part.strip()) for part in text.splitlines())
    return Draft(clean(text, longest=_LINE_CHARS), tuple(str(one) for one in ids), max(paragraphs, 1))


def check_line(
    draft: Draft,
    lead: Lead,
    statements: Sequence[Statement],
    rules: Rules,
    *,
    checks: Mapping[str, Check] | None = None,
) -> list[str]:
    """What is wrong with a line, as sentences the model can act on. Empty: it may be sent."""
    if not draft.text:
        return ["The line is empty."]
    known = {statement.id: statement for statement in statements}
    used = [known[one] for one in draft.statement_ids if one in known]
    case = Case(draft, lead, rules, used, [one for one in draft.statement_ids if one not in known])
    return [problem for check in (CHECKS if checks is None else checks).values() for problem in check(case)]


def plain_line(lead: Lead, language: str, *, max_words: int = _USUAL_WORDS, forbidden: Sequence[str] = ()) -> str:
    """A line that claims nothing: for rows without evidence, marked degraded and free.

    It keeps to the length, and names the company where that is not forbidden.
    """
    wording = wording_of(language)
    texts = [wording.about.replace("{company}", lead.company)] if _is_a_name(lead.company) else []
    lines = [_addressed(lead.first_name, text) for text in (*texts, wording.plain, wording.asks)]
    fitting = (line for line in lines if len(line.split()) <= max_words and not forbidden_in(folded(line), forbidden))
    return next(fitting, lines[-1])


def _is_a_name(company: str) -> bool:
    """Whether the cell says what a company is called, and nothing to whoever reads it."""
    fits = 0 < len(company.split()) <= _MOST_WORDS_OF_A_NAME
    if not fits or gives_orders(company):
        return False
    return company.count(" ") < _WORDS_OF_A_NAME or not addresses_in(company)


def _addressed(name: str, text: str) -> str:
    first = next((at for at, char in enumerate(text) if char.isalpha()), 0)
    return f"{name}, {text}" if name else text[:first] + text[first : first + 1].upper() + text[first + 1 :]


def _length(case: Case) -> list[str]:
    words, most = len(case.text.split()), case.rules.max_words
    return [f"The line has {words} words, at most {most} are allowed."] if words > most else []


def _form(case: Case) -> list[str]:
    problems = ["The line contains a placeholder or markup."] if is_marked_up(case.text) else []
    if case.draft.paragraphs > 1:
        problems.append("The line has several paragraphs: write one.")
    return problems


def _evidence(case: Case) -> list[str]:
    if case.unknown or not case.used:
        return [f"The line must rest on statements that exist; it names {', '.join(case.unknown) or 'none'}."]
    lead = case.lead
    if takes_up(case.text, case.cited, besides=f"{lead.company} {lead.person}", language=case.rules.language):
        return []
    return ["The line says nothing of the statements that it names."]


def _name(case: Case) -> list[str]:
    """The person addressed must be the row's, by first name, or nobody."""
    lead, name = case.lead, greeted_name(case.text, language=case.rules.language)
    allowed = {part.casefold() for part in (lead.first_name, *lead.person.split(), *lead.company.split()) if part}
    if not name or name.casefold() in allowed:
        return []
    if wording_of(case.rules.language).inflects > 1 and any(is_vocative(name.casefold(), one) for one in allowed):
        return []
    right = f"the right name is {lead.first_name}" if lead.first_name else "the row has no first name: address nobody"
    return [f"The line addresses {name}; {right}."]


def _addresses(case: Case) -> list[str]:
    """Only the company's own site, a company that is called like one, and what the sender offers: a cell may hold anything."""
    lead = case.lead
    name = lead.company if len(lead.company.split()) <= _WORDS_OF_A_NAME else ""
    given = f"{lead.domain} {name} {case.rules.offer}".casefold()
    foreign = [one for one in addresses_in(case.text) if one.casefold().rstrip(".,") not in given]
    return [f"The line contains an address that is not the company's: {', '.join(foreign)}."] if foreign else []


def _claims(case: Case) -> list[str]:
    foreign = unbacked(case.text, Backing.of(f"{case.cited} ; {case.given}"), language=case.rules.language)
    return [f"Nothing that the line cites mentions {', '.join(foreign)}."] if foreign else []


def _language(case: Case) -> list[str]:
    besides = f"{case.lead.company} {case.rules.offer} {case.rules.told}"
    other = is_other_language(case.text, language=case.rules.language, besides=words_of(besides))
    return [f"The line is in another language than {case.rules.language}."] if other else []


def _forbidden(case: Case) -> list[str]:
    found = forbidden_in(case.folded, case.rules.forbidden)
    return [f"The line uses forbidden words: {', '.join(found)}."] if found else []


def _subject(case: Case) -> list[str]:
    return ["The line begins with a subject."] if SUBJECT.match(case.text) else []


def _without(phrases: Phrases, *, said: str) -> Check:
    def check(case: Case) -> list[str]:
        found = standing_in(case.folded, phrases)
        return [f"{said}: {', '.join(found)}."] if found else []

    return check


def _orders(case: Case) -> list[str]:
    problems = _SAYS_ORDERS(case)
    return problems or (["The line speaks to a machine."] if gives_orders(case.text) else [])


_SAYS_ORDERS: Final = _without(ORDERS, said="The line gives orders, or speaks of its own making")
CHECKS: Final[Mapping[str, Check]] = {
    "length": _length,
    "form": _form,
    "evidence": _evidence,
    "name": _name,
    "addresses": _addresses,
    "claims": _claims,
    "language": _language,
    "forbidden": _forbidden,
    "subject": _subject,
    "signature": _without(SIGNATURES, said="The line closes a letter"),
    "flattery": _without(FLATTERY, said="The line flatters as one could flatter anybody"),
    "orders": _orders,
}
"""Every check of a line by its name. Each refuses a line that no other refuses."""
