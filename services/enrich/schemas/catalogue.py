"""Products and rules as the API takes them."""

from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool, model_validator

from services.enrich.domain.products import catalogue as domain
from services.enrich.domain.products.catalogue import Catalogue, Condition, Operator, Product, Rule
from services.enrich.domain.products.catalogue_edits import MAX_ID_CHARS

Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=MAX_ID_CHARS, examples=["wind-gear"])]
Name = Annotated[str, Field(min_length=1, max_length=100)]
Pitch = Annotated[str, Field(max_length=500)]
Words = Annotated[str, Field(max_length=1000)]
Number = Annotated[float, Field(allow_inf_nan=False)]


class _Strict(BaseModel):
    """A field nobody knows is a slip of the pen: it is refused, not dropped."""

    model_config = ConfigDict(extra="forbid")


class ProductModel(_Strict):
    """Something you sell. `pitch` is what a line offers; `offer_when` tells the model whom it is for."""

    id: Slug
    name: Name
    pitch: Pitch = ""
    description: Words = ""
    offer_when: Words = ""

    def told(self) -> Product:
        """As the domain has it."""
        return Product(**self.model_dump())


class ConditionModel(_Strict):
    """One test of a row. Words are compared whole, without case and accents; a `*` at an end lets a word go on:
    `*schmierstoff*`. `keywords` is all that the row says and all that was found; `between` is inclusive.
    """

    field: domain.Field
    operator: Operator
    values: list[str] = Field(default=[], max_length=1000)
    column: str = Field(
        default="", max_length=200, description="Which column of the sheet, where the field is `column`."
    )
    at_least: Number | None = None
    at_most: Number | None = None

    def told(self) -> Condition:
        """As the domain has it."""
        return Condition(values=tuple(self.values), **self.model_dump(exclude={"values"}))


class RuleModel(_Strict):
    """Offer `product` where every condition holds; the first enabled rule that holds decides. `pitch` replaces the
    product's. Without an `id`, one is made of the name.
    """

    id: Slug | None = None
    name: Name
    product: Slug
    conditions: list[ConditionModel] = []
    pitch: Pitch = ""
    enabled: StrictBool = True

    def told(self) -> Rule:
        """As the domain has it; without an id it has an empty one."""
        conditions = tuple(condition.told() for condition in self.conditions)
        return Rule(
            id=self.id or "",
            name=self.name,
            product=self.product,
            conditions=conditions,
            pitch=self.pitch,
            enabled=self.enabled,
        )


class CatalogueModel(_Strict):
    """A catalogue whole: at most 200 products and 1,000 rules, in the order in which rules are tried."""

    products: list[ProductModel] = []
    rules: list[RuleModel] = []

    def told(self) -> Catalogue:
        """As the domain has it."""
        return Catalogue(tuple(one.told() for one in self.products), tuple(one.told() for one in self.rules))


class _Changes(_Strict):
    @model_validator(mode="after")
    def _not_nothing(self) -> Self:
        nulls = [name for name in self.model_fields_set if getattr(self, name) is None]
        if nulls or not self.model_fields_set:
            msg = f"{', '.join(nulls)} cannot be null" if nulls else "name at least one field to change"
            raise ValueError(msg)
        return self


class ProductChanges(_Changes):
    """What to change; the other fields stay."""

    name: Name | None = None
    pitch: Pitch | None = None
    description: Words | None = None
    offer_when: Words | None = None

    def told(self) -> dict[str, Any]:
        """By field."""
        return self.model_dump(exclude_unset=True)


class RuleChanges(_Changes):
    """What to change; the other fields stay. `conditions` are given whole."""

    name: Name | None = None
    product: Slug | None = None
    conditions: list[ConditionModel] | None = None
    pitch: Pitch | None = None
    enabled: StrictBool | None = None

    def told(self) -> dict[str, Any]:
        """By field."""
        changed = self.model_dump(exclude_unset=True, exclude={"conditions"})
        if self.conditions is not None:
            changed["conditions"] = tuple(condition.told() for condition in self.conditions)
        return changed


class NewRule(RuleModel):
    """A rule and where to put it: `place` counts from 1; last when it is left out."""

    place: int | None = Field(default=None, ge=1)


class RuleOrder(_Strict):
    """All rules by id, in the order in which they are to be tried."""

    rules: list[Slug]


class TraceBody(_Strict):
    """A row to try: `cells` by column, `mapping` role → column (without it, columns play the role they are named after).
    `found` are sentences as research might bring them. With `catalogue`, a draft is tried instead of what is saved.
    """

    cells: dict[str, str] = Field(max_length=500)
    mapping: dict[str, str] | None = None
    found: list[str] = Field(default=[], max_length=100)
    catalogue: CatalogueModel | None = None
