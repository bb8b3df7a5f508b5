"""What the API shows of a catalogue: as it is, as it was, and what it would offer a row."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel

from services.enrich.domain.products.catalogue import Condition, Product, Rule
from services.enrich.domain.products.product_rules import Choice, RuleTrace
from services.enrich.repositories.catalogues import SavedVersion, VersionInfo
from services.enrich.schemas.catalogue import ConditionModel, ProductModel, RuleModel


class VersionOut(BaseModel):
    """Who changed what, and when."""

    version: int
    change: str
    made_by: UUID
    made_at: datetime

    @classmethod
    def of(cls, about: VersionInfo) -> "VersionOut":
        return cls(version=about.version, change=about.change, made_by=about.made_by, made_at=about.made_at)


class CatalogueOut(BaseModel):
    """The catalogue at a version. Version 0 is the workspace that never had one."""

    version: int
    change: str | None
    made_by: UUID | None
    made_at: datetime | None
    products: list[ProductModel]
    rules: list[RuleModel]

    @classmethod
    def of(cls, saved: SavedVersion | None) -> "CatalogueOut":
        about = saved and saved.about
        return cls(
            version=about.version if about else 0,
            change=about.change if about else None,
            made_by=about.made_by if about else None,
            made_at=about.made_at if about else None,
            products=[ProductModel.model_validate(_values(one)) for one in (saved.catalogue.products if saved else ())],
            rules=[_rule_model(rule) for rule in (saved.catalogue.rules if saved else ())],
        )


class VersionPage(BaseModel):
    """Versions, newest first."""

    items: list[VersionOut]
    next_cursor: str | None


class ConditionTraceOut(BaseModel):
    """Whether a condition holds, and what the row says."""

    field: str
    operator: str
    holds: bool
    why: str


class RuleTraceOut(BaseModel):
    """A rule tried on the row. `decides`: it is the first enabled one that holds."""

    place: int
    id: str
    name: str
    product: str
    enabled: bool
    holds: bool
    decides: bool
    conditions: list[ConditionTraceOut]


class ChoiceOut(BaseModel):
    """The product to offer, and why."""

    product: str
    name: str
    pitch: str
    chosen_by: Literal["rule", "inference"]
    rule: str | None
    why: str


class TraceOut(BaseModel):
    """What would be offered. Without a choice no rule holds: a job's row is then left to what the model infers."""

    version: int
    choice: ChoiceOut | None
    rules: list[RuleTraceOut]

    @classmethod
    def of(cls, version: int, choice: Choice | None, tried: Sequence[RuleTrace]) -> "TraceOut":
        first = next((one.place for one in tried if one.holds and one.rule.enabled), None)
        return cls(
            version=version,
            choice=choice
            and ChoiceOut.model_validate({name: getattr(choice, name) for name in ChoiceOut.model_fields}),
            rules=[_rule_trace(one, decides=one.place == first) for one in tried],
        )


def _rule_trace(tried: RuleTrace, *, decides: bool) -> RuleTraceOut:
    rule = tried.rule
    return RuleTraceOut(
        place=tried.place,
        id=rule.id,
        name=rule.name,
        product=rule.product,
        enabled=rule.enabled,
        holds=tried.holds,
        decides=decides,
        conditions=[
            ConditionTraceOut(field=asked.field, operator=asked.operator, holds=found.holds, why=found.why)
            for asked, found in zip(rule.conditions, tried.conditions, strict=True)
        ],
    )


def _rule_model(rule: Rule) -> RuleModel:
    conditions = [ConditionModel.model_validate(_values(one)) for one in rule.conditions]
    return RuleModel.model_validate({**_values(rule), "conditions": conditions})


def _values(one: Product | Condition | Rule) -> dict[str, Any]:
    return {
        field.name: list(value) if isinstance(value := getattr(one, field.name), tuple) else value
        for field in fields(one)
    }
