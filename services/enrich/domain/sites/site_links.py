"""Which pages of a website are worth reading beside its home page, told by their addresses and by what links call them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal
from urllib.parse import unquote, urlsplit

from services.enrich.domain.folding import folded
from services.enrich.domain.texts import word_set
from services.enrich.domain.web_addresses import belongs_to, host_of

Wanted = Literal["about", "products", "careers"]
MOST_LINKS = 500
_MOST_SEGMENTS = 4
_NOT_A_PAGE = re.compile(r"\.(pdf|jpe?g|png|gif|svg|webp|zip|docx?|xlsx?|pptx?|mp[34]|ics|vcf|xml|rss)$", re.IGNORECASE)
_WORDS: Mapping[Wanted, frozenset[str]] = {
    "about": word_set(
        "about aboutus whoweare company ourcompany ourstory mission uber ueber uberuns ueberuns unternehmen firma wirueberuns"
        " apropos quisommesnous entreprise societe notrehistoire chisiamo azienda lazienda quienessomos sobrenosotros"
        " nosotros empresa sobre sobrenos quemsomos overons overonze bedrijf omoss omos foretaget virksomheden virksomhet"
        " onas ofirmie yritys meista rolunk onama despre despredenoi hakkimizda kurumsal компании"
    ),
    "products": word_set(
        "products product productrange solutions solution services service whatwedo offerings catalog catalogue produkte"
        " produkt leistungen leistung losungen loesungen angebot sortiment dienstleistungen produits produit prestations"
        " offre gamme prodotti prodotto servizi soluzioni productos producto servicios soluciones produtos produto servicos"
        " solucoes producten diensten oplossingen produkter tjanster tjenester losninger ydelser produkty uslugi oferta"
        " tuotteet palvelut termekek szolgaltatasok produse servicii urunler hizmetler"
    ),
    "careers": word_set(
        "careers career jobs job vacancies joinus workwithus hiring karriere stellen stellenangebote offenestellen"
        " carrieres emplois emploi recrutement nousrejoindre lavoraconnoi carriera carriere empleo empleos trabajo"
        " trabajaconnosotros carreiras carreira vagas trabalheconosco werkenbij vacatures jobb karriar stillinger kariera"
        " praca ura tyopaikat avoimettyopaikat kariyer karrier allasok cariere"
    ),
}
_LANGUAGES = word_set(
    "en de fr it es pt nl sv da no nb fi pl cs sk hu ro hr sl tr ru uk us gb int en-us en-gb de-de www"
)


@dataclass(frozen=True, slots=True)
class Link:
    """A link of a page: an absolute address, and the words it stands under (empty when nobody tells)."""

    url: str
    words: str = ""


def choose_links(home: str, links: Iterable[Link]) -> dict[Wanted, str]:
    """At most one page of each kind, on the same site: the shortest address among those that fit best."""
    best: dict[Wanted, tuple[tuple[int, int], str]] = {}
    for link in list(links)[:MOST_LINKS]:
        path = _path_on_site(home, link.url)
        if path is None:
            continue
        for kind in _WORDS:
            fit = _fit(kind, path, link)
            if fit is not None and (kind not in best or fit < best[kind][0]):
                best[kind] = (fit, link.url.partition("#")[0])
    taken: dict[Wanted, str] = {}
    for kind, (_, url) in best.items():
        if url not in taken.values():
            taken[kind] = url
    return taken


def same_site(home: str, url: str) -> bool:
    """Whether an address stands on the host of the home page or below it; `www.` does not count."""
    if not url[:8].lower().startswith(("http://", "https://")):
        return False
    site, host = _bare(host_of(home)), _bare(host_of(url))
    return bool(site) and belongs_to(host, site)


def _path_on_site(home: str, url: str) -> list[str] | None:
    """The path as words per segment, without a leading language; None when it is no other page of this site."""
    if not same_site(home, url):
        return None
    parts = urlsplit(url)
    if _NOT_A_PAGE.search(parts.path):
        return None
    segments = [segment for segment in unquote(parts.path).split("/") if segment]
    if segments and segments[0].casefold() in _LANGUAGES:
        segments = segments[1:]
    host = host_of(url)
    first_label = host.partition(".")[0]
    below = _bare(host) != _bare(host_of(home))
    words = [*([first_label] if below else []), *(segment.rpartition(".")[0] or segment for segment in segments)]
    return words if 0 < len(words) <= _MOST_SEGMENTS else None


def _fit(kind: Wanted, path: list[str], link: Link) -> tuple[int, int] | None:
    """How well a link fits, best first: named so by its last segment, by its words, by any segment."""
    length = len(link.url)
    if _names(kind, path[-1]):
        return (0 if len(path) == 1 else 1), length
    if _names(kind, link.words):
        return 2, length
    if any(_names(kind, segment) for segment in path):
        return 3, length
    return None


@lru_cache(maxsize=1024)
def _names(kind: Wanted, text: str) -> bool:
    """Whether a word of an address or of a link is one for such a page. Sites call their pages alike: most are known."""
    words = folded(text[:80]).split()
    if not words or len(words) > 5:
        return False
    wanted = _WORDS[kind]
    return (
        words[0] in wanted or "".join(words) in wanted or "".join(words[:2]) in wanted or "".join(words[:3]) in wanted
    )


def _bare(host: str) -> str:
    return host.casefold().rstrip(".").removeprefix("www.")
