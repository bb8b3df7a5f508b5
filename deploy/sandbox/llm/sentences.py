"""Cuts texts into sentences that are exact substrings of them."""

from __future__ import annotations

import re

_END = re.compile(r"[.!?][\"”’)\]]*(?=\s|$)")
_LEAD = " \t#>*-•|·"
_ABBREVIATIONS = frozenset(["mr", "mrs", "ms", "dr", "st", "inc", "ltd", "co", "corp", "no", "vs", "etc", "bzw", "nr"])
LONGEST = 320


def sentences(text: str) -> list[str]:
    """The sentences of a text, in order; headings are left out, list marks are cut off."""
    found: list[str] = []
    for line in text.splitlines():
        stripped = line.strip()
        if stripped and not stripped.startswith("#"):
            found.extend(_of_line(stripped))
    return found


def _of_line(line: str) -> list[str]:
    found: list[str] = []
    start = 0
    for match in _END.finditer(line):
        after = line[match.end() :].lstrip()
        word = line[line.rfind(" ", start, match.start()) + 1 : match.start()].lstrip("(")
        if line[match.start()] == "." and (len(word) == 1 or word[-2:-1] == "." or word.lower() in _ABBREVIATIONS):
            continue
        if after and after[0].islower():
            continue
        found.append(line[start : match.end()])
        start = match.end()
    found.append(line[start:])
    return [clean for part in found if 12 <= len(clean := part.strip(_LEAD)) <= LONGEST]
