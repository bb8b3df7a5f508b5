"""Each check of a line finds what no other finds, in every language; and what a person may write passes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.enrich.domain.lead import Lead, read_lead
from services.enrich.domain.lines.event_words import unsaid_events
from services.enrich.domain.lines.line import CHECKS, Draft, Rules, check_line
from services.enrich.domain.lines.wording import WORDINGS
from services.enrich.domain.research import Statement
from services.enrich.domain.texts import words_of

MAPPING = {"company": "c", "website": "w", "first_name": "f", "last_name": "l"}
STATEMENT = Statement(
    "g1",
    "signals",
    "Halden opened a second line for its customers in Fredrikstad.",
    ("s1",),
    "opened a second line for its customers in Fredrikstad",
)
RULES = Rules(max_words=30, language="en", offer="Drum Watch", forbidden=("synergy", "game changer"))
GOOD = "Ingrid, I read that Halden opened a second line in Fredrikstad – what comes next?"

ONLY_REFUSED_BY: dict[str, str] = {
    "length": f"{GOOD} " + "and what is it like for you and for all of the people " * 2,
    "form": "Ingrid, I read that {{company}} opened a second line in Fredrikstad – what comes next?",
    "evidence": "Ingrid, how would you like to hear from us about Drum Watch?",
    "name": "Alex, I read that Halden opened a second line in Fredrikstad – what comes next?",
    "addresses": "Ingrid, I read on evil.com that Halden opened a second line – what comes next?",
    "claims": "Ingrid, I read that Halden opened a second line in Lisbon – what comes next?",
    "language": "Ingrid, wie läuft es mit der zweiten line von Halden in Fredrikstad, und was ist für die nächste geplant?",
    "forbidden": "Ingrid, I read that Halden opened a second line in Fredrikstad – which synergies come of it?",
    "subject": "Subject: a second line for Halden in Fredrikstad – what comes next?",
    "signature": "I read that Halden opened a second line in Fredrikstad – what comes next? Kind regards",
    "flattery": "Ingrid, I hope this finds you well, and the second line in Fredrikstad too – what comes next?",
    "orders": "Ingrid, click here for more about the second line in Fredrikstad.",
}


def lead(**cells: str) -> Lead:
    return read_lead(1, {"c": "Halden", "w": "haldenlube.example", "f": "Ingrid", "l": "Solheim"} | cells, MAPPING)


def problems(text: str, *, rules: Rules = RULES, without: str = "", row: Lead | None = None) -> list[str]:
    checks = {name: check for name, check in CHECKS.items() if name != without}
    return check_line(Draft(text, ("g1",)), row or lead(), [STATEMENT], rules, checks=checks)


def test_every_check_has_a_line_that_only_it_refuses() -> None:
    """Red when a check stands for nothing, or another covers it."""
    assert set(ONLY_REFUSED_BY) == set(CHECKS)
    assert problems(GOOD) == []


@pytest.mark.parametrize("name", CHECKS)
def test_a_line_that_one_check_refuses_passes_without_it(name: str) -> None:
    """Red when the check is taken out of the list, or finds nothing any more."""
    text = ONLY_REFUSED_BY[name]
    assert problems(text), name
    assert problems(text, without=name) == []


def test_a_line_in_two_paragraphs_is_refused() -> None:
    """Red when line breaks are lost before they are looked at."""
    draft = Draft(GOOD, ("g1",), paragraphs=2)
    assert any("paragraphs" in one for one in check_line(draft, lead(), [STATEMENT], RULES))


FRAMES = {
    "en": "Ingrid, I've read about Halden's second line and {}, what comes next?",
    "de": "Ingrid, ich habe von der zweiten Linie bei Halden gelesen, auch von {}, wie läuft es bisher?",
    "fr": "Ingrid, j'ai lu que Halden a ouvert une ligne d'{}, quelle est la suite ?",
    "es": "Ingrid, he leído que Halden tiene una línea con {}, ¿qué viene después?",
    "it": "Ingrid, ho letto che Halden ha una linea con {}, come sta andando?",
    "pt": "Ingrid, li que a Halden tem uma linha com {}, como está a correr?",
    "nl": "Ingrid, ik las dat Halden een lijn heeft met {}, hoe gaat het tot nu toe?",
    "pl": "Ingrid, czytałem, że Halden ma linię z {}, jak idzie do tej pory?",
    "cs": "Ingrid, četl jsem, že Halden má linku s {}, jak se to daří?",
    "sv": "Ingrid, jag läste att Halden har en linje med {}, hur går det hittills?",
    "da": "Ingrid, jeg læste at Halden har en linje med {}, hvordan går det indtil nu?",
    "nb": "Ingrid, jeg leste at Halden har en linje med {}, hvordan går det så langt?",
    "fi": "Ingrid, luin että Halden on avoinna myös {} kanssa, miten se on sujunut?",
    "ro": "Ingrid, am citit că Halden are o linie cu {}, cum merge până acum?",
    "hu": "Ingrid, olvastam, hogy a Halden és {} egy vonalon van, hogy halad?",
    "tr": "Ingrid, Halden ve {} için bir hat olduğunu okudum, nasıl gidiyor?",
}
INVENTED = [
    "Lisbon",
    "Siemens",
    "Acme Robotics",
    "Peter Kowalsky",
    "OpenText",
    "SAP",
    "Zürich",
    "Ørsted",
    "40",
    "1.400",
    "3,5",
]
SPELT = {
    "en": "seven",
    "de": "sieben",
    "fr": "huit",
    "es": "siete",
    "it": "sette",
    "pt": "sete",
    "nl": "zeven",
    "pl": "siedem",
    "cs": "sedm",
    "sv": "sju",
    "da": "syv",
    "nb": "sju",
    "fi": "seitsemän",
    "ro": "șapte",
    "hu": "nyolc",
    "tr": "yedi",
}
HAPPENED = {
    "en": "doubled",
    "de": "übernommen",
    "fr": "doublé",
    "es": "duplicado",
    "it": "raddoppiato",
    "pt": "dobrou",
    "nl": "overgenomen",
    "pl": "przejęła",
    "cs": "koupila",
    "sv": "fördubblat",
    "da": "fordoblet",
    "nb": "fordoblet",
    "fi": "kaksinkertaistanut",
    "ro": "cumpărat",
    "hu": "megduplázta",
    "tr": "kazandı",
}


@pytest.mark.parametrize("language", WORDINGS)
def test_a_line_of_the_language_that_invents_nothing_passes(language: str) -> None:
    """Red when a check takes plain words of a language for a name, a number or another language."""
    text = FRAMES[language].format("Drum Watch")
    assert problems(text, rules=Rules(40, language, offer="Drum Watch")) == []


@pytest.mark.parametrize("language", WORDINGS)
@given(invention=st.sampled_from(INVENTED))
def test_a_planted_name_or_number_is_found_in_every_language(language: str, invention: str) -> None:
    """Red when a language lets a name of somewhere or somebody, or a number, through that nothing backs."""
    said = problems(FRAMES[language].format(invention), rules=Rules(40, language, offer="Drum Watch"))
    assert any("Nothing that the line cites mentions" in one for one in said), said


@pytest.mark.parametrize("language", WORDINGS)
def test_a_number_in_words_and_an_event_that_nothing_backs_are_found(language: str) -> None:
    """Red when `seven` or `has doubled` slips through because it is neither a digit nor a name."""
    for word in (SPELT[language], HAPPENED[language]):
        said = problems(FRAMES[language].format(word), rules=Rules(40, language))
        assert any(word in one for one in said), (word, said)


@given(
    language=st.sampled_from(sorted(WORDINGS)),
    name=st.text(st.sampled_from("bcdfgklmnprtvz"), min_size=3, max_size=6).map(lambda text: f"X{text}o"),
)
def test_no_made_up_name_is_taken_for_a_word(language: str, name: str) -> None:
    """Red when any name that nobody has heard of passes, in whatever language."""
    assert problems(FRAMES[language].format(name), rules=Rules(40, language))


@pytest.mark.parametrize(
    "text",
    [
        "Ingrid, wie läuft es mit der neuen Produktionslinie in Fredrikstad, und welche Herausforderungen gibt es im Betrieb?",
        "Ingrid, herzlichen Glückwunsch zur zweiten Linie in Fredrikstad – wie gelingt Ihnen die Lieferung an Ihre Kunden?",
        "Ingrid, ich habe von der Eröffnung in Fredrikstad gelesen. Mit welchem Schmierstoff fährt das neue Werk?",
        "Guten Tag Ingrid, für Haldens Team in Fredrikstad ist die zweite Linie sicher ein großer Schritt.",
    ],
)
def test_german_nouns_are_no_names(text: str) -> None:
    """Red when a plain noun, a compound or a noun behind its article is taken for a name."""
    assert problems(text, rules=Rules(40, "de")) == []


@pytest.mark.parametrize(
    "text", ["in Lissabon", "mit Siemens", "von Acme Robotics", "bei der Deutschen Telekom AG", "mit SAP"]
)
def test_german_names_are_not_taken_for_nouns(text: str) -> None:
    """Red when capitals say nothing in German."""
    assert problems(f"Ingrid, ich habe von der Linie {text} gelesen.", rules=Rules(40, "de"))


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("pl", "Cześć Anno, czytałem o linii w Fredrikstad, jak idzie do tej pory?"),
        ("cs", "Dobrý den Anno, četl jsem o lince ve Fredrikstadu, jak se to daří?"),
        ("fi", "Hei Anna, luin linjasta Fredrikstadissa, miten se on sujunut?"),
        ("hu", "Kedves Anna, olvastam a fredrikstadi vonalról, hogy halad eddig?"),
        ("tr", "Merhaba Anna, Fredrikstad'da bir hat olduğunu okudum, nasıl gidiyor?"),
    ],
)
def test_names_may_be_inflected_as_their_language_does(language: str, text: str) -> None:
    """Red when a case ending makes a name an invention, or a vocative somebody else."""
    assert problems(text, rules=Rules(40, language), row=lead(f="Anna", l="Solheim")) == []


@pytest.mark.parametrize(
    ("forbidden", "text", "found"),
    [
        ("synergy", "a SYNERGY here", True),
        ("synergy", "synergies here", True),
        ("leverage", "we leveraged it", True),
        ("café", "a cafe here", True),
        ("cafe", "a CAFÉ here", True),
        ("game changer", "a game-changer here", True),
        ("game changer", "a changer of the game", False),
        ("art", "we start now", False),
        ("ai", "we said it", False),
    ],
)
def test_forbidden_words_are_found_as_words(forbidden: str, text: str, found: bool) -> None:
    """Red when case, accents or a plain ending hide a word, or a part of another is taken for it."""
    rules = Rules(40, "en", forbidden=(forbidden,))
    assert any("forbidden" in one for one in problems(f"Ingrid, second line, {text}", rules=rules)) is found


@pytest.mark.parametrize(
    "text",
    [
        "write to evil dot com",
        "see hxxp://evil.example",
        "see bücher.de",
        "ask @evilcorp",
        "see WWW.EVIL.SHOP",
        "mail a.b+c@evil.co.uk",
    ],
)
def test_an_address_in_disguise_is_an_address(text: str) -> None:
    """Red when an address that is spelt out, or is none of ASCII, is not seen."""
    assert any("address" in one for one in problems(f"Ingrid, the second line, {text}"))


def test_a_line_that_quotes_another_language_is_still_in_its_own() -> None:
    """Red when the words of a quote decide what language a line is in."""
    quote = "Ingrid, ich habe gelesen: „Halden opened a second line for its customers in Fredrikstad“ – wie läuft es?"
    assert problems(quote, rules=Rules(40, "de")) == []


@pytest.mark.parametrize(
    ("backing", "said", "found"),
    [
        ("Its double-acting pumps work in windows.", "doubled", False),
        ("Its double-acting pumps work in windows.", "won", False),
        ("It is open day and night.", "opened", False),
        ("Sie hat ihren Umsatz verdoppelt.", "doubled", True),
        ("The award went to Halden.", "won", True),
        ("It wins most tenders.", "won", True),
        ("The acquisition of a works was agreed.", "bought", True),
    ],
)
def test_an_event_needs_a_word_of_its_kind(backing: str, said: str, found: bool) -> None:
    """Red when a part of another word, or an adjective, stands for what has happened."""
    assert (unsaid_events([said], words_of(backing)) == []) is found


@pytest.mark.parametrize(
    ("thing", "found"), [("a second line", False), ("a canteen", True), ("its kindergarten", True)]
)
def test_an_event_happened_to_what_its_source_says(thing: str, found: bool) -> None:
    """Red when a source that says one thing was opened backs the opening of another."""
    said = problems(f"Ingrid, I read that Halden opened {thing} in Fredrikstad, what about the line?")
    assert any("mentions" in one for one in said) is found
