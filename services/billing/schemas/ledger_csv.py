"""The columns of the ledger as CSV."""

from collections.abc import Sequence

from services.billing.domain.credits.postings import AccountKind
from services.billing.domain.credits.spreadsheet import Cell
from services.billing.repositories.credits.movements import LedgerItem

HEADER = [
    "at",
    "operation",
    *AccountKind,
    "job_id",
    "sourcing_id",
    "grants",
    "actor",
    "reason",
    "business_key",
    "id",
]
"""One column per account: what the movement put there. A row sums to zero."""


def cells(item: LedgerItem) -> Sequence[Cell]:
    """A movement as a row."""
    return [
        item.at.isoformat(),
        item.operation,
        *(item.changes.get(account, 0) for account in AccountKind),
        str(item.job_id or ""),
        str(item.sourcing_id or ""),
        " ".join(map(str, item.grants)),
        item.actor,
        item.reason,
        item.business_key,
        str(item.id),
    ]
