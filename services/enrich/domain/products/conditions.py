"""One condition of a rule tried on a row: whether it holds, and what the row says, in words."""

from dataclasses import dataclass

from services.enrich.domain.folding import Phrase
from services.enrich.domain.products.catalogue import Condition
from services.enrich.domain.products.row_facts import RowFacts

_SHOWN_CHARS = 80
_SHOWN_VALUES = 5
_NAMES = {
    "company_size": "company size",
    "first_name": "first name",
    "last_name": "last name",
    "full_name": "full name",
}


@dataclass(frozen=True, slots=True)
class ConditionTrace:
    """Whether one condition holds, and what the row says."""

    holds: bool
    why: str


class ConditionTest:
    """A condition made ready."""

    __slots__ = ("_condition", "_name", "_phrases")

    def __init__(self, condition: Condition) -> None:
        self._condition = condition
        self._phrases = tuple(map(Phrase.of, condition.values))
        self._name = f"‘{condition.column}’" if condition.column else _NAMES.get(condition.field, condition.field)

    def holds(self, row: RowFacts) -> bool:
        condition = self._condition
        match condition.operator:
            case "contains_any" | "matches_none" | "is_any":
                return (self._hit(row) is None) == (condition.operator == "matches_none")
            case "between":
                number = row.number(condition)
                return number is not None and _is_within(number, condition)
            case "is_empty":
                return not row.text(condition)

    def trace(self, row: RowFacts) -> ConditionTrace:
        """Whether it holds, said in words that fit after "Rule 3: "."""
        return ConditionTrace(self.holds(row), self._why(row))

    def _hit(self, row: RowFacts) -> Phrase | None:
        """The first value that the field has, in the order they are written."""
        words = row.words(self._condition)
        if self._condition.operator == "is_any":
            return next((phrase for phrase in self._phrases if phrase.is_all_of(words)), None)
        if self._condition.field != "keywords":
            return next((phrase for phrase in self._phrases if phrase.stands_in(words)), None)
        known = row.vocabulary
        for phrase in self._phrases:
            if (not phrase.first_word or phrase.first_word in known) and phrase.stands_in(words):
                return phrase
        return None

    def _why(self, row: RowFacts) -> str:
        condition, text = self._condition, _shown(row.text(self._condition))
        if condition.operator == "is_empty":
            return f"{self._name} is {text}" if text else f"the row says no {self._name}"
        if condition.operator == "between":
            return self._why_number(row.number(condition), text)
        hit = self._hit(row)
        if condition.field == "keywords":
            return f"‘{hit.written}’ is mentioned" if hit else f"nothing mentions {self._values}"
        if not text:
            return f"the row says no {self._name}"
        if hit is None:
            return f"{self._name} is {text}, not {self._values}"
        return (
            f"{self._name} is {text}"
            if hit.written.casefold() in text.casefold()
            else f"{self._name} is {text} (‘{hit.written}’)"
        )

    def _why_number(self, number: float | None, text: str) -> str:
        if number is None:
            return f"{self._name} is {text}, no number" if text else f"the row says no {self._name}"
        said = f"{self._name} is {number:g}" + ("" if text == f"‘{number:g}’" else f" ({text})")
        return said if _is_within(number, self._condition) else f"{said}, not {_range(self._condition)}"

    @property
    def _values(self) -> str:
        some = [f"‘{value}’" for value in self._condition.values[:_SHOWN_VALUES]]
        more = len(self._condition.values) - len(some)
        return " or ".join(some) + (f" or {more} more" if more else "")


def _is_within(number: float, condition: Condition) -> bool:
    low, high = condition.at_least, condition.at_most
    return (low is None or number >= low) and (high is None or number <= high)


def _range(condition: Condition) -> str:
    low, high = condition.at_least, condition.at_most
    if high is None:
        return f"at least {low:g}"
    return f"at most {high:g}" if low is None else f"between {low:g} and {high:g}"


def _shown(text: str) -> str:
    if not text:
        return ""
    return f"‘{text}’" if len(text) <= _SHOWN_CHARS else f"‘{text[:_SHOWN_CHARS]}…’"
