"""The text of an HTML mail, for whoever reads text."""

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

_SILENT = frozenset({"script", "style", "head", "title", "template", "noscript"})
_BLOCKS = frozenset(
    {"p", "div", "table", "tr", "ul", "ol", "section", "article", "header", "footer", "blockquote", "h1", "h2", "h3"}
    | {"h4", "h5", "h6", "hr", "pre"}
)
_BLANKS = re.compile(r"[ \t\r\n\f]+")
_MANY_LINES = re.compile(r"\n{3,}")


def plain_text(html: str) -> str:
    """The words of a page, with a blank line between blocks and the address of each link behind its words."""
    root = LexborHTMLParser(html).body
    words = "".join(_words(root)) if root else ""
    lines = "\n".join(line.strip() for line in words.split("\n"))
    return _MANY_LINES.sub("\n\n", lines).strip() + "\n"


def _words(root: LexborNode) -> Iterator[str]:
    # A stack, not recursion: a mail may nest deeper than Python calls.
    stack: list[LexborNode | str] = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, str):
            yield node
            continue
        tag = node.tag or ""
        if tag == "-text":
            yield _BLANKS.sub(" ", node.text_content or "")
        elif tag not in _SILENT:
            before, after = _around(node, tag)
            yield before
            stack.append(after)
            stack.extend(reversed(list(node.iter(include_text=True))))


def _around(node: LexborNode, tag: str) -> tuple[str, str]:
    if tag == "br":
        return "\n", ""
    if tag == "li":
        return "\n- ", ""
    if tag == "hr":
        return "\n\n--\n", ""
    if tag == "a":
        address = (node.attributes.get("href") or "").removeprefix("mailto:")
        own = address and address != (node.text() or "").strip() and not address.startswith("#")
        return "", f" ({address})" if own else ""
    return ("\n\n", "\n\n") if tag in _BLOCKS else ("", "")
