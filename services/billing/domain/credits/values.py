"""Frozen values that differ in some fields from others."""

from collections.abc import Mapping
from typing import Any, TypeVar

T = TypeVar("T")


def replace(value: T, /, **changes: Any) -> T:
    """What `dataclasses.replace` answers, in a tenth of its time: decisions replace a dozen values each.

    For dataclasses without slots and without a `__post_init__`. Raises TypeError for a field that there is not.
    """
    copied = object.__new__(type(value))
    fields = copied.__dict__
    fields.update(value.__dict__)
    fields.update(changes)
    if len(fields) != len(value.__dict__):
        msg = f"{type(value).__name__} has no field {', '.join(sorted(changes.keys() - value.__dict__.keys()))}"
        raise TypeError(msg)
    return copied


def add(value: T, amounts: Mapping[str, int], /) -> T:
    """The value with amounts (signed) added to some of its fields, for the same dataclasses. Raises KeyError for a field that
    there is not."""
    if not amounts:
        return value
    copied = object.__new__(type(value))
    fields = copied.__dict__
    fields.update(value.__dict__)
    for name, amount in amounts.items():
        fields[name] += amount
    return copied
