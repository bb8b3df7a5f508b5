"""Moments and days as they are written: pydantic would also take a number for one, as seconds since 1970, which no description
of an API says."""

from datetime import date
from typing import Annotated

from pydantic import AwareDatetime, BeforeValidator


def _as_written(value: object) -> object:
    is_number = isinstance(value, int | float) or (isinstance(value, str) and _is_number(value))
    if is_number:
        msg = "a number is no time: write it as 2026-11-27, or as 2026-11-27T09:00:00Z"
        raise ValueError(msg)
    return value


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


WrittenMoment = Annotated[AwareDatetime, BeforeValidator(_as_written)]
"""A point in time, with its offset."""
WrittenDay = Annotated[date, BeforeValidator(_as_written)]
