"""How the model obeys, when it is dialled to: it finds an order however it is written, and what the order wants said."""

from __future__ import annotations

import base64
import binascii
import codecs
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from deploy.sandbox.llm.sentences import sentences

_ORDER = re.compile(
    r"\b(?:ignore|disregard|forget|override)\b.{0,60}\b(?:instructions?|orders?|rules|prompts?|guidelines)\b"
    r"|\b(?:system prompt|you must now|new instructions?|instructions? (?:to|for)|as an ai|ai assistants?|language models?)\b"
    r"|\b(?:assistant|system|developer):|<\|im_start|\[inst\]|tool_call|\"role\""
    r"|\b(?:write|say|answer|reply|put|add|include|insert|begin|end|mention|close)\b.{0,60}[“\"«„]"
    r"|\b(?:schreib|antworte|füge|ignorier|écri|répon|ignore|escrib|respond|ignor|scriv|rispond|schrijf|napisz)\w*\b.{0,80}[“\"«„]"
    r"|(?:写|忽略|回答).{0,40}[“\"«„]|(?:напиши|игнорируй).{0,80}[“\"«„]",
    re.IGNORECASE,
)
_WANTED = re.compile(r"[“\"«„]\s*([^“”\"«»„]{8,400}?)\s*[”\"»“]")
_PACKED = re.compile(r"[A-Za-z0-9+/]{40,}={0,2}")
_LEET = str.maketrans("0134578", "oieastb")
_UNSEEN = re.compile("[\u200b-\u200f\u2060-\u206f\ufeff]")


class Order(NamedTuple):
    """What is wanted, word for word, and the text in which the order stands (its number)."""

    wanted: str
    where: int
    verbatim: bool
    """Whether the wanted words stand in the text as they are."""


def orders_in(texts: Iterable[str]) -> list[Order]:
    """Every order, in its order; at most one of each text."""
    found: list[Order] = []
    for where, text in enumerate(texts):
        for plain in _readings(text):
            if wanted := _wanted(plain):
                found.append(Order(wanted, where, verbatim=wanted in text))
                break
    return found


def _wanted(text: str) -> str:
    order = _ORDER.search(text)
    if order is None:
        return ""
    quoted = _WANTED.search(text, max(0, order.end() - 1))
    if quoted is not None:
        return quoted[1].strip()
    told = sentences(text[order.start() :])
    return " ".join(told[1:3]) or (told[0] if told else "")


def _readings(text: str) -> Iterator[str]:
    """As it is, without what nobody sees, unpacked, turned back, spelt out."""
    yield text
    yield _UNSEEN.sub("", text)
    yield "".join(chr(ord(char) - 0xE0000) if 0xE0000 < ord(char) < 0xE007F else char for char in text)
    for packed in _PACKED.findall(text):
        try:
            yield base64.b64decode(packed + "=" * (-len(packed) % 4)).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            continue
    yield codecs.decode(text, "rot13")
    yield text.translate(_LEET)
