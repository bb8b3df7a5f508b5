"""Choices that look random and are not: the same words always give the same choice."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")


def number(*words: str) -> int:
    """A number of 64 bits derived from the words."""
    return int.from_bytes(blake2b("\x1f".join(words).encode(), digest_size=8).digest(), "big")


def pick(choices: Sequence[T], *words: str) -> T:
    """One of the choices, always the same one for the same words."""
    return choices[number(*words) % len(choices)]


def share(*words: str) -> float:
    """A share in [0, 1) derived from the words."""
    return number(*words) / 2**64
