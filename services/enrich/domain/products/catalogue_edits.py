"""What may be changed in a catalogue: each edit answers the next one, and says in words what it did."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from libs.common.errors import Conflict, Invalid, NotFound
from services.enrich.domain.folding import folded
from services.enrich.domain.products.catalogue import Catalogue, Product, Rule

MAX_ID_CHARS = 60
_NOT_IN_IDS = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Edited:
    """The next catalogue. `change` is what the list of versions says of it."""

    catalogue: Catalogue
    change: str


def slug(name: str, *, taken: Sequence[str], otherwise: str) -> str:
    """An id made of a name that nothing else has."""
    stem = _NOT_IN_IDS.sub("-", folded(name)).strip("-")[: MAX_ID_CHARS - 5].strip("-") or otherwise
    made, count = stem, 1
    while made in taken:
        count += 1
        made = f"{stem}-{count}"
    return made


def with_ids(rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """The rules, those without an id with one made of their name."""
    taken = [rule.id for rule in rules if rule.id]
    named: list[Rule] = []
    for rule in rules:
        mine = rule if rule.id else replace(rule, id=slug(rule.name, taken=taken, otherwise="rule"))
        taken.append(mine.id)
        named.append(mine)
    return tuple(named)


def replace_all(present: Catalogue, wanted: Catalogue, *, change: str) -> Edited:
    """Everything anew."""
    made = replace(wanted, rules=with_ids(wanted.rules))
    return Edited(made, f"{change}: {len(made.products)} products, {len(made.rules)} rules" if made != present else "")


def add_product(catalogue: Catalogue, product: Product) -> Edited:
    """One more product, at the end. Raises Conflict `product_exists`."""
    if catalogue.product(product.id) is not None:
        msg = f"there is a product {product.id!r} already: change it, or choose another id"
        raise Conflict(msg, code="product_exists")
    return Edited(replace(catalogue, products=(*catalogue.products, product)), f"Product ‘{product.name}’ added")


def change_product(catalogue: Catalogue, product_id: str, changes: Mapping[str, Any]) -> Edited:
    """Some of a product's fields. Raises NotFound `unknown_product`."""
    _product(catalogue, product_id)
    products = tuple(replace(one, **changes) if one.id == product_id else one for one in catalogue.products)
    changed = replace(catalogue, products=products)
    return Edited(changed, f"Product ‘{_product(changed, product_id).name}’ changed: {', '.join(changes)}")


def remove_product(catalogue: Catalogue, product_id: str) -> Edited:
    """Raises NotFound `unknown_product`; Conflict `product_in_use` while a rule offers it."""
    product = _product(catalogue, product_id)
    users = [rule.name for rule in catalogue.rules if rule.product == product_id]
    if users:
        named = ", ".join(f"‘{name}’" for name in users[:5])
        msg = f"{len(users)} rules offer {product_id!r} ({named}): remove them or let them offer something else"
        raise Conflict(msg, code="product_in_use", extra={"rules": users})
    products = tuple(one for one in catalogue.products if one.id != product_id)
    return Edited(replace(catalogue, products=products), f"Product ‘{product.name}’ removed")


def add_rule(catalogue: Catalogue, rule: Rule, *, place: int | None = None) -> Edited:
    """One more rule at a place (from 1), or last. Raises Conflict `rule_exists`."""
    if any(one.id == rule.id for one in catalogue.rules):
        msg = f"there is a rule {rule.id!r} already: change it, or choose another id"
        raise Conflict(msg, code="rule_exists")
    taken = [one.id for one in catalogue.rules]
    mine = rule if rule.id else replace(rule, id=slug(rule.name, taken=taken, otherwise="rule"))
    at = len(catalogue.rules) if place is None else place - 1
    rules = (*catalogue.rules[:at], mine, *catalogue.rules[at:])
    return Edited(replace(catalogue, rules=rules), f"Rule ‘{mine.name}’ added")


def change_rule(catalogue: Catalogue, rule_id: str, changes: Mapping[str, Any]) -> Edited:
    """Some of a rule's fields. Raises NotFound `unknown_rule`."""
    _rule(catalogue, rule_id)
    rules = tuple(replace(one, **changes) if one.id == rule_id else one for one in catalogue.rules)
    changed = replace(catalogue, rules=rules)
    return Edited(changed, f"Rule ‘{_rule(changed, rule_id).name}’ changed: {', '.join(changes)}")


def remove_rule(catalogue: Catalogue, rule_id: str) -> Edited:
    """Raises NotFound `unknown_rule`."""
    rule = _rule(catalogue, rule_id)
    return Edited(
        replace(catalogue, rules=tuple(one for one in catalogue.rules if one.id != rule_id)),
        f"Rule ‘{rule.name}’ removed",
    )


def reorder_rules(catalogue: Catalogue, rule_ids: Sequence[str]) -> Edited:
    """The same rules in this order. Raises Invalid `rules_differ` unless each is named once."""
    known = {rule.id: rule for rule in catalogue.rules}
    if sorted(rule_ids) != sorted(known):
        missing, unknown = sorted(known.keys() - set(rule_ids)), sorted(set(rule_ids) - known.keys())
        msg = f"name each rule once: missing are {missing}, unknown are {unknown}, {len(rule_ids)} are named"
        raise Invalid(msg, code="rules_differ", extra={"missing": missing, "unknown": unknown})
    return Edited(replace(catalogue, rules=tuple(known[one] for one in rule_ids)), "Rules put in another order")


def _product(catalogue: Catalogue, product_id: str) -> Product:
    product = catalogue.product(product_id)
    if product is None:
        msg = f"there is no product {product_id!r}: GET /v1/catalogue lists them"
        raise NotFound(msg, code="unknown_product")
    return product


def _rule(catalogue: Catalogue, rule_id: str) -> Rule:
    rule = next((one for one in catalogue.rules if one.id == rule_id), None)
    if rule is None:
        msg = f"there is no rule {rule_id!r}: GET /v1/catalogue lists them"
        raise NotFound(msg, code="unknown_rule")
    return rule
