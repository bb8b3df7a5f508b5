"""The variables of `.env.example` and those that each service's settings read."""

from __future__ import annotations

import importlib
import inspect
import re

from pydantic import AliasChoices

from libs.common.settings import CommonSettings
from tests.architecture.tree import ROOT

EXAMPLE = (ROOT / ".env.example").read_text("utf-8")


def listed() -> list[str]:
    """Every name that stands in `.env.example`, in its order."""
    return re.findall(r"^([A-Z][A-Z0-9_]*)=", EXAMPLE, re.MULTILINE)


def settings_of(service: str) -> type[CommonSettings]:
    module = importlib.import_module(f"services.{service}.settings")
    kinds = [
        kind
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, CommonSettings) and kind is not CommonSettings
    ]
    # A part of the settings may be a class of its own, which the whole is made from.
    (found,) = [kind for kind in kinds if not any(issubclass(one, kind) and one is not kind for one in kinds)]
    return found


def read_by(service: str) -> set[str]:
    """Every variable that a service's settings are filled from."""
    names: set[str] = set()
    for name, field in settings_of(service).model_fields.items():
        alias = field.validation_alias
        choices = (
            [str(choice) for choice in alias.choices] if isinstance(alias, AliasChoices) else [alias or name.upper()]
        )
        names |= {str(choice) for choice in choices if name != "service"}
    return names
