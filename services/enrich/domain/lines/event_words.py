"""Words that say something has happened to a company: a line may use one only where what it cites says the same.

Names and numbers give most inventions away; `it has doubled its workforce` has neither.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import dropwhile, takewhile
from typing import Final

from services.enrich.domain.texts import word_set

_SAID: Final[Mapping[str, str]] = {
    "doubled": "doubled verdoppelt verdoppelte doublé doublée duplicado duplicó duplicou dobrou raddoppiato raddoppiata"
    " verdubbeld verdubbelde podwoił podwoiła zdvojnásobil zdvojnásobila fördubblat fördubblade fordoblet fordoblede doblet"
    " kaksinkertaistanut kaksinkertaisti dublat megduplázta megkétszerezte katladı",
    "tripled": "tripled verdreifacht verdreifachte triplé triplée triplicado triplicó triplicou triplicato verdrievoudigd"
    " potroił potroiła ztrojnásobil tredubblat tredoblet kolminkertaistanut triplat megháromszorozta",
    "bought": "bought acquired übernommen gekauft aufgekauft racheté rachetée adquirido adquirió adquirida"
    " comprado compró comprou adquiriu acquisito acquisita comprato overgenomen gekocht przejął przejęła przejęta kupił"
    " koupil koupila převzal převzala köpt köpts förvärvat förvärvades købt opkøbt kjøpt kjøpte ostanut osti cumpărat"
    " achiziționat felvásárolta megvásárolta satın",
    "merged": "merged fusioniert fusionierte fusionné fusionnée fusionado fusionó gefuseerd połączył"
    " połączyła sloučil sloučila fusionerat fusioneret fusjonert fuusioitunut fuzionat egyesült birleşti",
    "raised money": "raised funded eingesammelt levé recaudado recaudó captado raccolto angariou captou opgehaald pozyskał"
    " pozyskała získal získala rejst hentet kerännyt keräsi gyűjtött",
    "moved": "moved relocated umgezogen verlegt verlegte déménagé trasladado trasladó mudado mudou transferiu trasferito"
    " trasferita verhuisd przeniósł przeniosła przestěhoval přestěhovala flyttat flyttade flyttet muuttanut muutti mutat"
    " költözött taşındı taşıdı",
    "won": "won gewonnen gewann remporté remportée ganó ganhado ganhou vinto gewonnen wygrał wygrała vyhrál vyhrála"
    " vunnit vann vundet vandt vunnet vant voittanut voitti câștigat megnyerte nyert kazandı",
    "grew": "grew grown gewachsen wuchs crecido creció crescido cresceu cresciuto cresciuta gegroeid urósł urosła vyrostl"
    " vyrostla vuxit växte vokset voksede vokste kasvanut kasvoi crescut nőtt büyüdü",
    "hired": "hired eingestellt embauché recruté contratado contrató contratou aangenomen zatrudnił zatrudniła najal"
    " najala anställt anställde ansat ansatte palkannut palkkasi angajat felvett",
    "dismissed": "fired dismissed entlassen licencié despedido despidió demitiu licenziato ontslagen zwolnił zwolniła propustil"
    " propustila sparkat afskediget sparket irtisanonut irtisanoi concediat elbocsátott",
    "launched": "launched lanciert lancé lancée lanzado lanzó lançado lançou lanciato lanciata gelanceerd uruchomił"
    " uruchomiła spustil spustila lanserat lanserade lanceret lancerede lansert lanserte lanseerannut lanseerasi lansat"
    " elindította",
    "opened": "opened eröffnet eröffnete inauguré abrió abriu geopend otworzył otworzyła otevřel otevřela"
    " öppnat öppnade åbnet åbnede åpnet åpnede avannut avasi deschis megnyitotta açtı",
    "lost": "lost verloren verlor perdu perdido perdió perdeu verloren stracił straciła ztratil ztratila förlorat"
    " tabt tapt menettänyt pierdut elvesztette kaybetti",
    "went public": "ipo börsengang börsengegangen bankrupt insolvent insolvenz faillite bancarrota quiebra fallito fallita"
    " failliet upadłość úpadek konkurs konkurssi faliment csőd iflas",
}
_ALSO: Final[Mapping[str, str]] = {
    "doubled": "doubling doubles twofold verdoppel doublement duplicar raddopp verdubbel podwoj fördubbl fordobl",
    "tripled": "tripling triples threefold verdreifach triplement triplicar verdrievoud potroj tredubbl tredobl",
    "bought": "buy buys buying purchase acquisition acquire takeover übernahme kauf rachat acquisition compra adquisi"
    " overname przeję koupě förvärv opkøb oppkjøp yritysosto achiziți felvásárl",
    "merged": "merge merger merging fusion fusión fusão fusione fusie połączen fúze fuusio fuziun egyesül",
    "raised money": "raise raising funding finanzierung financement levée financiaci finanziament financiering finansow",
    "moved": "move moves moving relocat headquarter umzug verlegung déménag traslad mudanç trasfer verhuiz przenie flytt",
    "won": "win wins winning winner award prize gewinn auszeichnung prix premio prémio prijs nagrod cena pris palkinto",
    "grew": "grow grows growing growth wachs wachstum croissance crec cresc groei wzrost růst tillväxt vækst vekst kasvu",
    "hired": "hire hires hiring recruit einstell embauch recrut contrat assun aann zatrudni nábor anställ ansætt ansett",
    "dismissed": "layoff layoffs redundan entlass licenci despid demit licenzi ontsla zwolni propoušt",
    "launched": "launch launches launching start starts introduc lanc lanz lanç lans uruch spušt indít",
    "opened": "opens opening eröffn ouvr ouvert abr apert opening otw otev öppn åbn åpn ava desch nyit aç",
    "lost": "lose loses losing loss verlust perte pérdida perda perdita verlies strat ztrát förlust tab tap menet pierd",
    "went public": "listing listed flotation bourse bolsa borsa beurs giełd insolv bankrupt",
}
_EVENT_OF: Final = {word: event for event, words in _SAID.items() for word in words.split()}
_LONG_ENOUGH: Final = 5
_IN_ENGLISH: Final = word_set(
    "doubled tripled bought acquired merged raised moved relocated won grew grown hired fired dismissed launched opened lost"
)
_WORDS: Final = {event: word_set(words) | word_set(_ALSO[event]) for event, words in _SAID.items()}
_STEMS: Final = {
    event: tuple(sorted(word for word in words if len(word) >= _LONG_ENOUGH)) for event, words in _WORDS.items()
}
"""What a word that backs an event may begin with: `win` must be the whole word, or every window would be one."""


def tells_an_event(words: Iterable[str]) -> bool:
    """Whether one of the words says that something has happened."""
    return not _EVENT_OF.keys().isdisjoint(words)


def unsaid_events(words: Iterable[str], backing: Iterable[str]) -> list[str]:
    """The words that say something happened of which the backing, in whatever language, has no word of the kind."""
    said = [word for word in words if word in _EVENT_OF]
    if not said:
        return []
    known = frozenset(backing)
    return [word for word in said if not _is_backed(_EVENT_OF[word], known)]


def _is_backed(event: str, known: frozenset[str]) -> bool:
    return not known.isdisjoint(_WORDS[event]) or any(one.startswith(_STEMS[event]) for one in known)


def unsaid_objects(
    words: Sequence[str], known: frozenset[str], *, common: frozenset[str], in_english: bool
) -> list[str]:
    """What an event of the line is said to have happened to, where no word of that is `known`.

    `doubled its workforce` is not backed by a doubled production. For words in one language only: the English events, or all.
    """
    stems = frozenset(word[:_LONG_ENOUGH] for word in known)
    found: list[str] = []
    for at, word in enumerate(words):
        if word in (_IN_ENGLISH if in_english else _EVENT_OF):
            behind = dropwhile(lambda one: one in common, words[at + 1 :])
            said = list(takewhile(lambda one: one not in common, behind))
            if said and not any(one[:_LONG_ENOUGH] in stems for one in said):
                found.append(said[0])
    return found
