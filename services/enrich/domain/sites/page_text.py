"""Text of a page as sources keep it: visible characters only, no line twice, cut at a length."""

import re
from collections.abc import Iterable

from services.enrich.domain.sites.website import PAGE_CHARS
from services.enrich.domain.texts import visible

_IMAGE = re.compile(r"!\[([^\[\]]{0,300})\]\([^()]{0,2000}\)")
_LINK = re.compile(r"\[([^\[\]]{0,500})\]\([^()]{0,2000}\)")
_MARKS = re.compile(
    r"^[ \t]*(?:[-*_][ \t]?){3,80}$|^[ \t]*(?:#{1,6}[ \t]+|[-*+][ \t]+|>[ \t]?)|\*\*|__|`|\\(?=[^\w\s])", re.MULTILINE
)
_MARKDOWN_MOST = 12 * PAGE_CHARS
_SHORTEST_WORTH = 2


def readable(lines: Iterable[str], *, longest: int = PAGE_CHARS) -> str:
    """The lines that say something, each once, in their order; whole lines as far as they fit."""
    kept: list[str] = []
    seen: set[str] = set()
    room = longest
    for line in lines:
        text = " ".join(visible(line).split())
        key = text.casefold()
        if len(text) < _SHORTEST_WORTH or key in seen:
            continue
        seen.add(key)
        if len(text) >= room:
            kept.append(text[:room].rstrip())
            break
        kept.append(text)
        room -= len(text) + 1
    return "\n".join(kept)


def text_of_markdown(markdown: str) -> str:
    """Markdown without its marks, pictures and the addresses of its links."""
    plain = _IMAGE.sub("", markdown[:_MARKDOWN_MOST])
    plain = _LINK.sub(r"\1", plain)
    return readable(_MARKS.sub("", plain).splitlines())
