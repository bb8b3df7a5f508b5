"""A catalogue as a sheet: one line per rule with the product it offers; a product without a rule has a line of its own."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from libs.common.errors import Invalid
from services.enrich.domain.products.catalogue import MAX_CONDITIONS, VALUE_BREAK, Catalogue, Condition, Product, Rule

_PRODUCT = ("product", "product_name", "product_pitch", "product_description", "product_offer_when")
_RULE = ("rule", "rule_name", "enabled", *_PRODUCT, "rule_pitch")
_PARTS = ("field", "column", "operator", "values")
_CONDITION = re.compile(r"if_([1-9]\d?)_(field|column|operator|values)")
_RANGE = re.compile(r"\s*(-?\d+(?:\.\d+)?)?\s*\.\.\s*(-?\d+(?:\.\d+)?)?\s*")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NO = frozenset({"no", "false", "0", "off"})
_YES = frozenset({"", "yes", "true", "1", "on"})


@dataclass(frozen=True)
class ReadSheet:
    """What a sheet says, as plain JSON values, and on which line each product and rule stands."""

    content: dict[str, Any]
    lines: dict[tuple[str, int], int] = field(default_factory=dict[tuple[str, int], int])


def to_csv(catalogue: Catalogue) -> str:
    """The sheet, with as many conditions to a line as the longest rule has."""
    width = max((len(rule.conditions) for rule in catalogue.rules), default=1) or 1
    header = [*_RULE, *(f"if_{nth}_{part}" for nth in range(1, width + 1) for part in _PARTS)]
    out = io.StringIO()
    writer = csv.DictWriter(out, header, restval="", lineterminator="\r\n")
    writer.writeheader()
    for line in _lines(catalogue):
        writer.writerow({name: _safe(text) for name, text in line.items()})
    return out.getvalue()


def from_csv(text: str) -> ReadSheet:
    """Raises Invalid `catalogue_invalid` for a sheet without these columns, or with two descriptions of one product."""
    delimiter = ";" if text.partition("\n")[0].count(";") > text.partition("\n")[0].count(",") else ","
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), delimiter=delimiter, restval="", restkey="")
    try:
        header = [name.strip() for name in reader.fieldnames or ()]
        _check_header(header)
        reader.fieldnames = header
        rows = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise _refused(reader.line_num, "", f"this is no CSV: {error}") from error
    read = _Reading()
    for line, row in rows:
        if "" in row:
            raise _refused(line, "", "there are more cells than columns: put texts with a comma into quotes")
        cells = {name: _plain(cell) for name, cell in row.items()}
        if any(cells.values()):
            read.add(line, cells)
    return ReadSheet({"products": list(read.products.values()), "rules": read.rules}, read.lines)


def _lines(catalogue: Catalogue) -> Iterator[dict[str, str]]:
    used = {rule.product for rule in catalogue.rules}
    for rule in catalogue.rules:
        product = catalogue.product(rule.product)
        yield {
            **_of_rule(rule),
            **({} if product is None else _of_product(product)),
            **{name: text for nth, one in enumerate(rule.conditions, 1) for name, text in _of_condition(nth, one)},
        }
    for product in catalogue.products:
        if product.id not in used:
            yield _of_product(product)


def _of_rule(rule: Rule) -> dict[str, str]:
    enabled = "yes" if rule.enabled else "no"
    return {"rule": rule.id, "rule_name": rule.name, "enabled": enabled, "rule_pitch": rule.pitch}


def _of_product(product: Product) -> dict[str, str]:
    texts = (product.id, product.name, product.pitch, product.description, product.offer_when)
    return dict(zip(_PRODUCT, texts, strict=True))


def _of_condition(nth: int, condition: Condition) -> Iterator[tuple[str, str]]:
    values = f" {VALUE_BREAK} ".join(condition.values)
    if condition.operator == "between":
        low, high = condition.at_least, condition.at_most
        values = f"{'' if low is None else _number(low)}..{'' if high is None else _number(high)}"
    for part, text in zip(_PARTS, (condition.field, condition.column, condition.operator, values), strict=True):
        yield f"if_{nth}_{part}", text


class _Reading:
    """What has been read so far."""

    def __init__(self) -> None:
        self.products: dict[str, dict[str, Any]] = {}
        self.rules: list[dict[str, Any]] = []
        self.lines: dict[tuple[str, int], int] = {}

    def add(self, line: int, cells: Mapping[str, str]) -> None:
        """One line. A product is described on the first line that has words for it, or alike on several."""
        self._add_product(line, cells)
        if not cells.get("rule") and not cells.get("rule_name"):
            return
        self.lines["rules", len(self.rules)] = line
        enabled = cells.get("enabled", "").casefold()
        if enabled not in _YES | _NO:
            raise _refused(line, "enabled", f"{enabled!r} is neither yes nor no")
        rule: dict[str, Any] = {
            "name": cells.get("rule_name") or cells["rule"],
            "product": cells.get("product", ""),
            "pitch": cells.get("rule_pitch", ""),
            "enabled": enabled in _YES,
            "conditions": [
                _condition(line, cells, nth) for nth in range(1, MAX_CONDITIONS + 1) if _is_there(cells, nth)
            ],
        }
        self.rules.append(rule | ({"id": cells["rule"]} if cells.get("rule") else {}))

    def _add_product(self, line: int, cells: Mapping[str, str]) -> None:
        product_id = cells.get("product", "")
        if not product_id:
            return
        told = {name.removeprefix("product_"): cells[name] for name in _PRODUCT[1:] if cells.get(name)}
        if product_id not in self.products:
            self.lines["products", len(self.products)] = line
        known = self.products.setdefault(product_id, {"id": product_id, "name": ""})
        for name, text in told.items():
            if known.get(name) and known[name] != text:
                what = f"product {product_id!r} has another {name} on an earlier line: write it once, or alike"
                raise _refused(line, f"product_{name}", what)
            known[name] = text


def _is_there(cells: Mapping[str, str], nth: int) -> bool:
    return any(cells.get(f"if_{nth}_{part}") for part in _PARTS)


def _condition(line: int, cells: Mapping[str, str], nth: int) -> dict[str, Any]:
    told = {part: cells.get(f"if_{nth}_{part}", "") for part in _PARTS}
    condition: dict[str, Any] = {"field": told["field"], "operator": told["operator"]}
    if told["column"]:
        condition["column"] = told["column"]
    if told["operator"] != "between":
        values = [value.strip() for value in told["values"].split(VALUE_BREAK)]
        return condition | {"values": [value for value in values if value]}
    found = _RANGE.fullmatch(told["values"])
    if found is None:
        what = f"{told['values']!r} is no range: write 50..500, 50.. or ..500"
        raise _refused(line, f"if_{nth}_values", what)
    low, high = found.groups()
    return condition | {"at_least": low and float(low), "at_most": high and float(high)}


def _check_header(header: Sequence[str]) -> None:
    strangers = [name for name in header if name not in _RULE and not _CONDITION.fullmatch(name)]
    if "product" not in header or strangers or len(set(header)) < len(header):
        what = (
            f"the columns are {', '.join(_RULE)} and if_1_field, if_1_column, if_1_operator, if_1_values, if_2_field, …, each"
            f" once; 'product' has to be there; not known are: {', '.join(map(repr, strangers)) or 'none'}"
        )
        raise _refused(1, "", what)


def _refused(line: int, column: str, what: str) -> Invalid:
    where = f"line {line}" + (f", {column}" if column else "")
    return Invalid(f"{where}: {what}", code="catalogue_invalid", extra={"errors": [{"where": where, "what": what}]})


def _number(value: float) -> str:
    return str(int(value)) if value.is_integer() else repr(value)


def _safe(text: str) -> str:
    """A text that a spreadsheet would take for a formula stands behind an apostrophe, as it would be typed there."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _plain(cell: str | None) -> str:
    text = (cell or "").strip()
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text
