"""Spintax: `{Hi|Hello|Hey}` in a template is one of its alternatives, the same one each time for a lead and a step.

A group is braces with a bar between them; braces without one stay as they are. Groups nest, and may hold Jinja2 as long
as they close in the branch of an `{% if %}` in which they open. `\\{`, `\\|` and `\\}` are the characters themselves.
It becomes Jinja2 before that is compiled, so what a lead's data holds is never looked at.
"""

import hashlib
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from jinja2 import Environment

MAX_GROUPS = 200
PREFIX = "__spin_"
_ESCAPED = {"{": "\ufdd0", "|": "\ufdd1", "}": "\ufdd2"}
_LITERAL = {ord(mark): char for char, mark in _ESCAPED.items()}
"""Characters that no text holds (Unicode noncharacters) stand for escaped ones until Jinja2 has read the template."""


class SpintaxError(ValueError):
    """What is wrong with the groups of a template, as its author should read it."""


@dataclass(frozen=True)
class Group:
    """A name in the translated template, and what it is chosen by: the words of the group and how often it came before."""

    name: str
    key: str
    size: int


@dataclass(frozen=True)
class Spun:
    """A template whose groups are `{% if %}` on names that `choices` gives."""

    source: str
    groups: tuple[Group, ...]


@dataclass
class _Piece:
    """Words as they came, the branch of an `{% if %}` in which they stand, and whether they are a brace or a bar that may
    mean something."""

    words: str
    branch: int
    mark: str = ""


@dataclass
class _Open:
    place: int
    bars: list[int] = field(default_factory=list[int])


def literal(words: str) -> str:
    """Words of a read template with their escaped characters."""
    return words.translate(_LITERAL)


def choices(groups: Sequence[Group], *, seed: str) -> dict[str, int]:
    """Which alternative each group is for this seed. Evenly spread, and alike in the parts of a mail."""
    return {
        group.name: int.from_bytes(hashlib.sha256(f"{seed}\0{group.key}".encode()).digest()[:8]) % group.size
        for group in groups
    }


def spin(words: str, *, environment: Environment) -> Spun:
    """Translate the groups of a template. Raises SpintaxError for one that is not closed, or crosses an `{% if %}`;
    TemplateError as Jinja2's lexer does."""
    if any(mark in words for mark in _ESCAPED.values()):
        raise SpintaxError("it holds characters that are none (U+FDD0 to U+FDD2): remove them")
    pieces = list(_pieces(words, environment))
    groups = _groups(pieces)
    if len(groups) > MAX_GROUPS:
        raise SpintaxError(f"it has {len(groups)} groups of alternatives, at most {MAX_GROUPS} are allowed")
    seen: dict[str, int] = {}
    made: list[Group] = []
    for number, (start, bars, end) in enumerate(groups):
        key = "".join(piece.words for piece in pieces[start : end + 1])
        seen[key] = seen.get(key, 0) + 1
        group = Group(f"{PREFIX}{number}", f"{key}\0{seen[key]}", len(bars) + 1)
        made.append(group)
        pieces[start].mark = f"{{% if {group.name} == 0 %}}"
        for alternative, bar in enumerate(bars, start=1):
            pieces[bar].mark = f"{{% elif {group.name} == {alternative} %}}"
        pieces[end].mark = "{% endif %}"
    return Spun("".join(_written(piece) for piece in pieces), tuple(made))


def _written(piece: _Piece) -> str:
    # A brace that means nothing is kept from meaning something beside the `{%` of a group.
    return _ESCAPED.get(piece.mark, piece.mark) or piece.words


def _pieces(words: str, environment: Environment) -> Iterator[_Piece]:
    branches, fresh = [0], itertools.count(1)
    raw = tag = False
    for _, kind, value in environment.lex(words):
        if kind == "data" and not raw:
            yield from _cut(value, branches[-1])
            continue
        raw = kind == "raw_begin" or (raw and kind != "raw_end")
        if tag and kind == "name":
            _enter(branches, value, next(fresh))
        tag = kind == "block_begin" or (tag and kind == "whitespace")
        kept = raw and kind == "data"
        yield _Piece("".join(_ESCAPED.get(char, char) for char in value) if kept else value, branches[-1])


def _enter(branches: list[int], tag: str, fresh: int) -> None:
    if tag in {"endif", "else", "elif"} and len(branches) > 1:
        branches.pop()
    if tag in {"if", "else", "elif"}:
        branches.append(fresh)


def _cut(words: str, branch: int) -> Iterator[_Piece]:
    plain, chars = "", iter(words)
    for char in chars:
        if char == "\\":
            following = next(chars, "")
            plain += _ESCAPED.get(following, char + following)
        elif char in _ESCAPED:
            if plain:
                yield _Piece(plain, branch)
            plain = ""
            yield _Piece(char, branch, mark=char)
        else:
            plain += char
    if plain:
        yield _Piece(plain, branch)


def _groups(pieces: Sequence[_Piece]) -> list[tuple[int, list[int], int]]:
    """Start, bars and end of each group, in the order in which they open."""
    open_braces: list[_Open] = []
    found: list[tuple[int, list[int], int]] = []
    for place, piece in enumerate(pieces):
        match piece.mark:
            case "{":
                open_braces.append(_Open(place))
            case "|" if open_braces:
                open_braces[-1].bars.append(place)
            case "}" if open_braces:
                brace = open_braces.pop()
                if brace.bars:
                    _check_branch(pieces, (brace.place, *brace.bars, place))
                    found.append((brace.place, brace.bars, place))
            case _:
                pass
    for brace in open_braces:
        if brace.bars:
            after = "".join(piece.words for piece in itertools.islice(pieces, brace.place, brace.place + 4))
            raise SpintaxError(
                f"the alternatives {after[:40]!r} are never closed: add the }}, or write \\{{ for a brace"
            )
    return sorted(found)


def _check_branch(pieces: Sequence[_Piece], places: Sequence[int]) -> None:
    if len({pieces[place].branch for place in places}) > 1:
        words = "".join(piece.words for piece in pieces[places[0] : places[-1] + 1])
        raise SpintaxError(
            f"the alternatives {words[:40]!r} cross an {{% if %}}: close them in the branch they open in"
        )
