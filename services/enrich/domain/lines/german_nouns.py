"""German writes every noun with a capital: which of them are plain nouns, and which can only be a name."""

import re
from typing import Final

from services.enrich.domain.texts import word_set

_DETERMINERS = word_set(
    "der die das den dem des ein eine einen einem einer eines kein keine keinen keiner mein meine meinen meiner meinem"
    " ihr ihre ihren ihrem ihrer ihres sein seine seinen seinem seiner unser unsere unseren unserem unserer dieser diese"
    " dieses diesen diesem jeder jede jedes jeden jedem welche welcher welches welchem welchen im am vom zum zur beim ins ans"
    " viele vielen mehr weitere weiteren neue neuen neuer neues große großen"
)
_NOUNS = word_set(
    "abend absatz absicht alltag angebot anlage anlagen anlass anfang anfrage ansatz arbeit artikel aufbau auftrag aufwand"
    " ausbau auswahl bau bedarf beitrag bereich bericht betrieb betriebe blick branche daten dank dinge druck eindruck"
    " einsatz ende entscheidung erfolg ergebnis ergebnisse ernte ersatz fabrik fach fahrzeug fahrzeuge fall farbe firma"
    " flotte form frage fragen freude gebiet gedanke gedanken gefühl gelegenheit gerät geräte geschäft gespräch gruppe"
    " gruß grüße glück glückwunsch güter hafen halle haus herausforderung herbst hilfe hinweis idee ideen interesse jahr"
    " jahre jahren kauf kollegen kontakt kosten kraft kunde kunden lage lager land leben leiter leistung leute lieferant"
    " lieferanten linie linien lösung lust mail markt maschine maschinen menge menschen mitarbeiter mitte monat monate"
    " morgen mut möglichkeit nachricht netz neuigkeiten nutzen ort orte partner personal plan pläne platz portfolio preis"
    " produkt produkte projekt projekte prozess punkt rahmen raum reihe respekt rolle ruhe schiff schiffe schritt schritte"
    " schwerpunkt seite seiten service sicht sinn software sommer sorge spaß stadt stand standort standorte start stelle"
    " stellen strategie system systeme tag tage tagen team teams technik teil teile thema themen ton umfang umbau umsatz"
    " unternehmen unterschied ursache verein verfahren verkauf vertrag vertrieb viel vorhaben vorteil wachstum wandel ware"
    " waren weg wege weise welt werk werke wert wettbewerb winter woche wochen wort worte zahl zahlen zeit zeiten ziel ziele"
    " zukunft zug züge zusammenhang nächstes neues weiteres"
)
_NOUN_ENDINGS = (
    *(
        "ung",
        "ungen",
        "heit",
        "heiten",
        "keit",
        "keiten",
        "schaft",
        "schaften",
        "tion",
        "tionen",
        "sion",
        "sionen",
        "tät",
    ),
    *("täten", "nis", "nisse", "ment", "mente", "ismus", "enz", "anz", "ierung", "tum", "erei", "eur", "eure", "logie"),
)
_LONG_ENOUGH: Final = 6
_PART: Final = 4
_INNER_CAPITAL = re.compile(r"[^\W\d_].*[A-ZÄÖÜ\d]")


def may_be_a_name(word: str, *, before: str) -> bool:
    """Whether a capitalised word inside a German sentence reads as a name: no plain noun by itself, by its ending, by its last
    part, or by the article before it. `before` is the text up to it."""
    if _INNER_CAPITAL.match(word):
        return True
    lower = word.casefold()
    if lower in _NOUNS or (len(lower) >= _LONG_ENOUGH and lower.endswith(_NOUN_ENDINGS)):
        return False
    if any(lower[at:] in _NOUNS for at in range(2, len(lower) - _PART + 1)):
        return False
    words = before.rsplit(maxsplit=3)[-2:]
    if not words or not words[-1].islower():
        return True
    if words[-1] in _DETERMINERS:
        return False
    is_adjective = words[-1].endswith(("e", "en", "er", "es", "em"))
    return not (is_adjective and len(words) > 1 and words[0].casefold() in _DETERMINERS)
