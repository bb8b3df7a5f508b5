"""In which encoding a page is written: its mark, else UTF-8 if it fits, else what server or page say, else a guess."""

import codecs
import re

import chardet

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_SAID_IN_PAGE = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w:.-]{2,40})""", re.IGNORECASE)
_LOOKED_AT = 4096
_GUESSED_FROM = 64 * 1024
_ANOTHER_NAME = {
    **dict.fromkeys(("iso8859-1", "ascii"), "cp1252"),
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
}
"""The wider encoding that browsers take for a narrower name (WHATWG Encoding Standard)."""
_LOOK_LIKE_ASCII = frozenset({"utf-16", "utf-16-le", "utf-16-be", "iso2022_jp"})
_ALLOWED = re.compile(
    r"utf-8|utf-16(-[bl]e)?|cp(125\d|866|874|932|949)|iso8859-\d+|koi8-[ru]|mac-.*|gb18030|big5.*|euc_jp|iso2022_jp"
)


def decoded(body: bytes, *, charset: str) -> str:
    """The page as text; bytes that fit nowhere become the replacement character."""
    for mark, name in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace")
    in_page = _SAID_IN_PAGE.search(body[:_LOOKED_AT])
    by_server, by_page = _known(charset), _known(in_page[1].decode("ascii") if in_page else "")
    if by_server in _LOOK_LIKE_ASCII:
        return body.decode(by_server, "replace")
    # What reads as UTF-8 is UTF-8: servers say Latin-1 of every page, and no other encoding fits it by accident.
    name = "utf-8" if _is_utf8(body) else next((one for one in (by_server, by_page) if one and one != "utf-8"), None)
    return body.decode(name or _guess(body), "replace")


def _guess(body: bytes) -> str:
    return _known(str(chardet.detect(body[:_GUESSED_FROM])["encoding"] or "")) or "cp1252"


def _known(name: str) -> str | None:
    """Our name for an encoding that pages are written in; None for any other, however it may be called."""
    try:
        found = codecs.lookup(name.strip()).name if name.strip() else ""
    except (LookupError, ValueError):
        return None
    wider = _ANOTHER_NAME.get(found, found)
    return wider if _ALLOWED.fullmatch(wider) else None


def _is_utf8(body: bytes) -> bool:
    """Whether it reads as UTF-8, but for a character that the end cuts in two."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        decoder.decode(body)
    except UnicodeDecodeError:
        return False
    return True
