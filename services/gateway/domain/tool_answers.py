"""Answers to assistants: bounded, and with a word about what strangers wrote in them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from services.gateway.domain.untrusted import UNTRUSTED

MAX_ANSWER_BYTES = 12_000
"""Of the answer as JSON. It travels twice, as text and structured, which together stay below 25 kB."""
_MAX_PROBLEM = 2000
_CUTS = ((2000, 50), (800, 30), (300, 20), (100, 10), (40, 3))
"""The longest text and the longest list, ever shorter."""

Sized = Callable[[object], int]
"""How many bytes a value has as JSON."""


@dataclass(frozen=True)
class ToolAnswer:
    """`structured` is None for a refusal, which `text` says in words."""

    structured: dict[str, Any] | None
    text: str = ""

    @property
    def refused(self) -> bool:
        return self.structured is None


def refusal(problem: object, *, status: int) -> ToolAnswer:
    """A problem's own words and its code."""
    known: dict[str, Any] = problem if isinstance(problem, dict) else {}
    detail = str(known.get("detail") or f"the request failed with status {status}: try again in a moment")
    return ToolAnswer(None, f"{detail[:_MAX_PROBLEM]} (code: {known.get('code', 'internal_error')})")


def answer(body: dict[str, Any], *, sized: Sized) -> ToolAnswer:
    """The whole answer, or as much of every text and list as fits."""
    made = _wrapped(body, shortened=False)
    for longest_text, longest_list in _CUTS:
        if sized(made) <= MAX_ANSWER_BYTES:
            return ToolAnswer(made)
        cut = _cut(body, longest_text=longest_text, longest_list=longest_list)
        made = _wrapped(cut, shortened=True)
    if sized(made) <= MAX_ANSWER_BYTES:
        return ToolAnswer(made)
    return ToolAnswer(
        None, "the answer is too large for an assistant: look at it in the web app (code: answer_too_large)"
    )


def fitting_limit(size: int, *, items: int) -> int:
    """How many of so many items fit, by the size of all of them; at least one."""
    return max(1, min(items - 1, items * MAX_ANSWER_BYTES * 9 // (size * 10)))


def _wrapped(body: object, *, shortened: bool) -> dict[str, Any]:
    there = sorted(UNTRUSTED & _names(body))
    return {"answer": body, "untrusted_fields": there, "shortened": shortened}


def _names(value: object) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*(_names(inner) for inner in value.values()))
    return set().union(*(_names(inner) for inner in value)) if isinstance(value, list) else set()


def _cut(value: Any, *, longest_text: int, longest_list: int) -> Any:
    if isinstance(value, str) and len(value) > longest_text:
        return value[:longest_text] + "…"
    if isinstance(value, list):
        return [_cut(one, longest_text=longest_text, longest_list=longest_list) for one in value[:longest_list]]
    if isinstance(value, dict):
        return {name: _cut(one, longest_text=longest_text, longest_list=longest_list) for name, one in value.items()}
    return value
