"""Choices that look random and are not: the same words always give the same choice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar
from zlib import crc32

T = TypeVar("T")
_ALL = 2**64 - 1


def number(*words: str) -> int:
    """A number of 64 bits derived from the words."""
    return mix(crc32("\x1f".join(words).encode()), 0)


def mix(seed: int, nth: int) -> int:
    """The nth number that follows from a seed (the finalizer of splitmix64)."""
    mixed = (seed + nth + 1) * 0x9E3779B97F4A7C15 & _ALL
    mixed = (mixed ^ mixed >> 29) * 0xBF58476D1CE4E5B9 & _ALL
    return mixed ^ mixed >> 32


def pick(choices: Sequence[T], *words: str) -> T:
    """One of the choices, always the same one for the same words."""
    return choices[number(*words) % len(choices)]


def share(*words: str) -> float:
    """A share in [0, 1) derived from the words."""
    return number(*words) / 2**64
