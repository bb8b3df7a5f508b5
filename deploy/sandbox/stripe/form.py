"""Reads Stripe's form encoding (`items[0][price]=price_1`) into nested values, and parameters out of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl

from deploy.sandbox.stripe.errors import StripeError, missing

_PART = re.compile(r"\[([^\[\]]*)\]")
_MOST_FIELDS = 1000
_LONGEST = 2**63 - 1


def parse(encoded: str) -> dict[str, Any]:
    """The nested form of an encoded body or query. Dictionaries whose keys are 0, 1, … become lists, in that order."""
    try:
        pairs = parse_qsl(encoded, keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError as error:
        raise StripeError(f"Too many parameters: at most {_MOST_FIELDS} are read.") from error
    root: dict[str, Any] = {}
    for name, value in pairs:
        head, bracket, _ = name.partition("[")
        path = [head, *_PART.findall(name)] if bracket else [head]
        _place(root, path, value)
    return {name: _lists(value) for name, value in root.items()}


def _place(root: dict[str, Any], path: list[str], value: str) -> None:
    spot = root
    for part in path[:-1]:
        inner = spot.setdefault(part or str(len(spot)), {})
        if not isinstance(inner, dict):
            raise StripeError(f"Invalid object: {part} is given both as a value and as a group.", param=path[0])
        spot = inner
    spot[path[-1] or str(len(spot))] = value


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {name: _lists(one) for name, one in value.items()}
    if inner and all(name.isdigit() for name in inner):
        return [inner[name] for name in sorted(inner, key=int)]
    return inner


class Params:
    """Parameters of a call, or a group of them; each reading checks the type and names the parameter that is wrong."""

    def __init__(self, values: dict[str, Any], *, inside: str = "") -> None:
        self.values = values
        self._inside = inside

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def name_of(self, name: str) -> str:
        """The full name, as an error says it."""
        return f"{self._inside}[{name}]" if self._inside else name

    def text(self, name: str) -> str | None:
        """A value, None when it was not given or is empty (which unsets it)."""
        value = self.values.get(name)
        if isinstance(value, (dict, list)):
            raise StripeError(f"Invalid string: {self.name_of(name)} is a group.", param=self.name_of(name))
        return value or None

    def needed(self, name: str) -> str:
        """A value that must be given."""
        value = self.text(name)
        if value is None:
            raise missing(self.name_of(name))
        return value

    def whole(self, name: str, *, least: int = -_LONGEST) -> int | None:
        """A whole number."""
        value = self.text(name)
        if value is None:
            return None
        if not re.fullmatch(r"-?[0-9]{1,19}", value):
            raise StripeError(f"Invalid integer: {value}", code="parameter_invalid_integer", param=self.name_of(name))
        if not least <= int(value) <= _LONGEST:
            raise StripeError(
                f"This value must be greater than or equal to {least}.",
                code="parameter_invalid_integer",
                param=self.name_of(name),
            )
        return int(value)

    def flag(self, name: str, *, default: bool = False) -> bool:
        """true or false."""
        value = self.text(name)
        if value is None:
            return default
        if value not in ("true", "false"):
            raise StripeError(f"Invalid boolean: {value}", param=self.name_of(name))
        return value == "true"

    def one_of(self, name: str, choices: Iterable[str], *, default: str) -> str:
        """One of the words."""
        value = self.text(name) or default
        allowed = list(choices)
        if value not in allowed:
            raise StripeError(
                f"Invalid {self.name_of(name)}: must be one of {', '.join(allowed)}", param=self.name_of(name)
            )
        return value

    def group(self, name: str) -> Params:
        """A group of parameters, empty when it was not given."""
        value = self.values.get(name)
        if value not in (None, "") and not isinstance(value, dict):
            raise StripeError("Invalid object", param=self.name_of(name))
        return Params(value if isinstance(value, dict) else {}, inside=self.name_of(name))

    def groups(self, name: str) -> list[Params]:
        """A list of groups."""
        values = self._listed(name)
        if not all(isinstance(one, dict) for one in values):
            raise StripeError("Invalid array", param=self.name_of(name))
        return [Params(one, inside=f"{self.name_of(name)}[{no}]") for no, one in enumerate(values)]

    def texts(self, name: str) -> list[str]:
        """A list of values."""
        return [str(one) for one in self._listed(name)]

    def metadata(self, before: dict[str, str] | None = None) -> dict[str, str]:
        """Metadata after this call: given keys are set, empty ones go, an empty `metadata` clears all."""
        if self.values.get("metadata") == "":
            return {}
        given = self.group("metadata").values
        merged = {**(before or {}), **{str(name): str(value) for name, value in given.items()}}
        return {name: value for name, value in merged.items() if value != ""}

    def _listed(self, name: str) -> list[Any]:
        value = self.values.get(name)
        if value in (None, ""):
            return []
        if not isinstance(value, list):
            raise StripeError("Invalid array", param=self.name_of(name))
        return value
