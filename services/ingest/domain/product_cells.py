"""The product of a row as cells: what to offer, and in a flat sheet also in which words and why."""

from collections.abc import Mapping, Sequence
from typing import Any

PRODUCT_COLUMN = "sif_product"
_FLAT = {"sif_pitch": "pitch", "sif_product_why": "why"}


def product_columns(*, flat: bool) -> Sequence[str]:
    """Their headers, in their order. Only a sheet with a product in it has them."""
    return (PRODUCT_COLUMN, *_FLAT) if flat else (PRODUCT_COLUMN,)


def product_cells(product: Mapping[str, Any] | None, *, flat: bool) -> list[str | None]:
    """The cells of one row under them; blank where nothing was chosen."""
    told = product or {}
    name = told.get("name") or told.get("product") or None
    return [name, *(told.get(field) or None for field in _FLAT.values())] if flat else [name]
