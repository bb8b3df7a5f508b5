"""A catalogue as it is stored and exported: plain JSON values, in which what says nothing is left out."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

from services.enrich.domain.products.catalogue import Catalogue, Condition, Product, Rule

T = TypeVar("T", Product, Condition, Rule)


def to_json(catalogue: Catalogue) -> dict[str, Any]:
    """Products and rules in their order."""
    return {
        "products": [_told(product) for product in catalogue.products],
        "rules": [
            _told(rule) | {"conditions": [_told(condition) for condition in rule.conditions]}
            for rule in catalogue.rules
        ],
    }


def from_json(content: Mapping[str, Any]) -> Catalogue:
    """What `to_json` has made of one."""
    return Catalogue(
        products=tuple(Product(**product) for product in content["products"]),
        rules=tuple(map(_rule, content["rules"])),
    )


def _rule(told: Mapping[str, Any]) -> Rule:
    own = {name: value for name, value in told.items() if name != "conditions"}
    return Rule(conditions=tuple(map(_condition, told["conditions"])), **own)


def _condition(told: Mapping[str, Any]) -> Condition:
    own = {name: value for name, value in told.items() if name != "values"}
    return Condition(values=tuple(told.get("values", ())), **own)


def _told(one: T) -> dict[str, Any]:
    return {
        field.name: list(value) if isinstance(value, tuple) else value
        for field in fields(one)
        if (value := getattr(one, field.name)) != field.default
    }
