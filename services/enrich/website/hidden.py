"""What of a page nobody sees: told by its elements, their attributes, and the plain rules of its own style sheets."""

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

_NEVER_TEXT = (
    "script, style, template, noscript, svg, math, iframe, frame, object, embed, canvas, video, audio, map, picture, img,"
    " select, option, datalist, textarea, input, button, dialog:not([open]), progress, meter, link, base"
)
_HIDDEN = (
    "[hidden], [aria-hidden=true], [inert], .sr-only, .screen-reader-text, .visually-hidden, .visuallyhidden, .d-none,"
    " .element-invisible"
)
_ZERO = r"0*\.?0+(?:px|em|rem|pt|%|ex|ch|vh|vw)?\s*(?:!\s*important)?\s*(?:;|$)"
_UNSEEN = re.compile(
    rf"""display\s*:\s*none
    | visibility\s*:\s*(?:hidden|collapse)
    | content-visibility\s*:\s*hidden
    | (?:^|[;\s])opacity\s*:\s*{_ZERO}
    | font-size\s*:\s*{_ZERO}
    | (?:^|[;\s])font\s*:\s*0(?:px)?\b
    | (?:^|[;\s])color\s*:\s*transparent
    | (?:text-indent|left|right|top|bottom|margin-left|margin-top)\s*:\s*-\s*\d{{3,}}
    | (?:left|top)\s*:\s*\d{{4,}}
    | clip\s*:\s*rect\(\s*[01](?:px)?[\s,]+[01](?:px)?[\s,]+[01](?:px)?[\s,]+[01](?:px)?\s*\)
    | clip-path\s*:\s*(?:inset\(\s*(?:50|100)%|circle\(\s*0)
    | transform\s*:\s*scale[xy]?\(\s*0?\.?0\s*[,)]""",
    re.IGNORECASE | re.VERBOSE,
)
_NO_SIZE = re.compile(rf"(?:^|[;\s])(?:max-)?(?:height|width)\s*:\s*{_ZERO}", re.IGNORECASE)
_CUT_OFF = re.compile(r"overflow(?:-[xy])?\s*:\s*(?:hidden|clip)", re.IGNORECASE)
_COLOUR = re.compile(r"(?:^|[;\s])(color|background(?:-color)?)\s*:\s*([^;!]{1,40})", re.IGNORECASE)
_WHITE = frozenset({"white", "#fff", "#ffffff", "rgb(255,255,255)"})
_PLAIN_SELECTOR = re.compile(r"[.#][\w-]{1,80}")
_HIDING_RULE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?:px)?\s*(?:;|$|!)", re.IGNORECASE
)
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_STYLE_CHARS = 200_000
_MOST_SELECTORS = 100


def drop_unseen(tree: LexborHTMLParser) -> None:
    """Take out of a page what no reader of it would see. Nothing else may ask it for text before."""
    selectors = _hiding_selectors("\n".join(style.text() for style in tree.css("style"))[:_STYLE_CHARS])
    for node in tree.css(_NEVER_TEXT):
        node.decompose()
    _drop(tree, _HIDDEN)
    for start in range(0, len(selectors), _MOST_SELECTORS):
        _drop(tree, ", ".join(selectors[start : start + _MOST_SELECTORS]))
    for node in tree.css("[style]"):
        if node.tag not in {"html", "body"} and unseen_by_style(node.attributes.get("style") or ""):
            node.decompose()


def unseen_by_style(style: str) -> bool:
    """Whether an inline style keeps its element from being seen."""
    plain = _COMMENT.sub("", style[:2000])
    if _UNSEEN.search(plain) or (_NO_SIZE.search(plain) and _CUT_OFF.search(plain)):
        return True
    colours = {
        name.lower().removesuffix("-color"): value.strip().lower().replace(" ", "")
        for name, value in _COLOUR.findall(plain)
    }
    ink, paper = colours.get("color"), colours.get("background")
    return ink is not None and (ink == paper or (ink in _WHITE and paper in _WHITE))


def _drop(tree: LexborHTMLParser, selector: str) -> None:
    for node in tree.css(selector):
        if node.tag not in {"html", "body"} and _stands(node):
            node.decompose()


def _stands(node: LexborNode) -> bool:
    """Whether a node is still in the page: its parent may have been taken out before it."""
    return node.parent is not None


def _hiding_selectors(sheet: str) -> list[str]:
    """Classes and ids that a style sheet hides on every screen: rules within `@media` and the like are not meant."""
    found: list[str] = []
    for selector, body in _outer_rules(_COMMENT.sub("", sheet)):
        if _HIDING_RULE.search(body):
            found += [one for one in map(str.strip, selector.split(",")) if _PLAIN_SELECTOR.fullmatch(one)]
    return list(dict.fromkeys(found))[: 5 * _MOST_SELECTORS]


def _outer_rules(sheet: str) -> list[tuple[str, str]]:
    """Selectors and declarations. A whole `@media` block is one rule, whose selector is none."""
    rules: list[tuple[str, str]] = []
    depth, began, opened = 0, 0, 0
    for mark in re.finditer(r"[{};]", sheet):
        at = mark.start()
        if mark[0] == "{":
            if depth == 0:
                opened = at
            depth += 1
        elif mark[0] == "}":
            depth = max(0, depth - 1)
            if depth == 0:
                rules.append((sheet[began:opened].strip(), sheet[opened + 1 : at]))
                began = at + 1
        elif depth == 0:
            began = at + 1
    return rules
