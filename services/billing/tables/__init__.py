"""Billing's tables, a module per concern. Whoever wants one imports it from here."""

from services.billing.tables.base import COMMON, METADATA
from services.billing.tables.ledger import (
    accounts,
    captures,
    entries,
    grants,
    hold_grants,
    hold_raises,
    holds,
    price_lists,
)

__all__ = [
    "COMMON",
    "METADATA",
    "accounts",
    "captures",
    "entries",
    "grants",
    "hold_grants",
    "hold_raises",
    "holds",
    "price_lists",
]
