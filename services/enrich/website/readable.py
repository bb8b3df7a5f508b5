"""The readable text of a page: what a person would see of it, the main part before what stands on every page of the site."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urljoin

from selectolax.lexbor import LexborHTMLParser, LexborNode

from services.enrich.domain.sites.page_text import readable
from services.enrich.domain.sites.site_links import MOST_LINKS
from services.enrich.domain.sites.website import TITLE_CHARS
from services.enrich.domain.texts import clean
from services.enrich.website.hidden import drop_unseen

_BREAK = "\x1e"
"""Where a line ends. The page's own line breaks are mere spaces."""
_DESCRIPTION_CHARS = 400
_LINK_WORDS_CHARS = 80
_BLOCKS = (
    "address, article, aside, blockquote, br, caption, center, dd, details, div, dl, dt, fieldset, figcaption, figure, footer,"
    " form, h1, h2, h3, h4, h5, h6, header, hr, legend, li, main, nav, ol, p, pre, section, summary, table, tr, ul"
)
_CELLS = "td, th"
_MENUS = "nav, [role=navigation], [role=menu], [role=menubar], [role=search], [role=dialog], [role=alertdialog]"
_BANNERS = ", ".join(
    f'[{attribute}*="{word}" i]'
    for attribute in ("id", "class")
    for word in ("cookie", "consent", "gdpr", "newsletter", "breadcrumb")
)
_BANNER_CHARS = 3000
_ON_EVERY_PAGE = "footer, aside, [role=contentinfo], [role=complementary]"


def read_page(html: str, *, url: str) -> dict[str, Any]:
    """Title, text and links (address, words) of a page. Links are taken before menus go, from what can be seen or unfolded."""
    tree = LexborHTMLParser(html)
    title = tree.css_first("title")
    named = clean(title.text() if title else "", longest=TITLE_CHARS)
    description = _description(tree)
    base = _base(tree, url)
    links = list(_links(tree, base))
    drop_unseen(tree)
    _drop_banners(tree)
    for node in tree.css(_MENUS):
        node.decompose()
    last = _last_part(tree)
    lines = [description, *_lines(tree.body), *last]
    return {"title": named, "text": readable(lines), "links": links}


def _description(tree: LexborHTMLParser) -> str:
    """What the page says of itself to search engines."""
    for node in tree.css("meta[name][content]"):
        if (node.attributes.get("name") or "").casefold() == "description":
            return clean(node.attributes.get("content") or "", longest=_DESCRIPTION_CHARS)
    return ""


def _base(tree: LexborHTMLParser, url: str) -> str:
    node = tree.css_first("base[href]")
    return _join(url, (node.attributes.get("href") or "") if node else "") or url


def _links(tree: LexborHTMLParser, base: str) -> Iterable[tuple[str, str]]:
    for node in tree.css("a[href]")[:MOST_LINKS]:
        address = _join(base, (node.attributes.get("href") or "").strip())
        if address.startswith(("http://", "https://")):
            yield address, clean(node.text(deep=True), longest=_LINK_WORDS_CHARS)


def _join(base: str, href: str) -> str:
    try:
        return urljoin(base, href)
    except ValueError:
        return ""


def _drop_banners(tree: LexborHTMLParser) -> None:
    """Banners by their names. A long one is a page that is only called so."""
    for node in tree.css(_BANNERS):
        stands = node.tag not in {"html", "body", "main", "article"} and node.parent is not None
        if stands and len(node.text(deep=True)) <= _BANNER_CHARS:
            node.decompose()


def _last_part(tree: LexborHTMLParser) -> list[str]:
    """What stands on every page of a site, taken out of it: it may have the rest of the room."""
    last: list[str] = []
    for node in tree.css(_ON_EVERY_PAGE):
        if node.parent is not None:
            last += _lines(node)
            node.decompose()
    return last


def _lines(node: LexborNode | None) -> list[str]:
    """The text of a node, a line for each block: what stands side by side in one stays together."""
    if node is None:
        return []
    for block in node.css(_BLOCKS):
        block.insert_before(_BREAK)
        block.insert_after(_BREAK)
    for cell in node.css(_CELLS):
        cell.insert_after(" ")
    return node.text(deep=True).split(_BREAK)
