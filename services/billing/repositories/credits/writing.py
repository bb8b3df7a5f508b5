"""What is written when books have changed: grants, accounts and entries, for any number of workspaces."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from uuid import UUID

from libs.common import many
from libs.common.ids import new_id
from libs.common.many import Given
from services.billing.domain.credits.chain import Chain, Entry, hash_after
from services.billing.domain.credits.ledger import Books, Grant
from services.billing.domain.credits.postings import Movement, Operation
from services.billing.metrics import CREDITS_MOVED
from services.billing.tables import accounts, entries, grants

BALANCE = ("available", "held", "settling", "spent", "owed")
AMOUNTS = ("available", "held", "captured", "refunded", "expired", "voided", "clawed_back", "owed")

_GRANT = ("id", *AMOUNTS, "expired_at")
_row_of_grant = attrgetter(*_GRANT)
_row_of_balance = attrgetter(*BALANCE)
_SAVE_GRANTS = many.update(grants, _GRANT, key="id")
_SAVE_ACCOUNTS = many.update(
    accounts,
    ("workspace_id", *BALANCE, "chain_length", "chain_head"),
    key="workspace_id",
    also=", version = t.version + 1",
)
_ADD_ENTRIES = many.insert(entries, (*Entry._fields, "hash"))


@dataclass
class Pen:
    """Where one account's chain ends, for whoever has its lock; `at` is the transaction's own time."""

    chain: Chain
    at: datetime
    written: list[tuple[Entry, bytes]] = field(default_factory=list)

    def write(self, workspace_id: UUID, movements: Iterable[Movement], *, actor: str) -> None:
        """Put the entries of some movements, each a transaction, at the end of the chain."""
        length, head = self.chain.length, self.chain.head
        for movement in movements:
            transaction_id, subject = new_id(), movement.subject
            about = (subject.kind, subject.id) if subject else (None, None)
            for line_no, posting in enumerate(movement.postings, start=1):
                length += 1
                line = (transaction_id, line_no, movement.operation, movement.business_key)
                what = (posting.account, posting.grant_id, posting.credits)
                entry = Entry(workspace_id, length, *line, *what, *about, actor, movement.reason, self.at)
                head = hash_after(head, entry)
                self.written.append((entry, head))
        self.chain = Chain(length, head)


def writings_of(changes: Iterable[tuple[Books, Books, Pen]]) -> list[Given]:
    """Books as they were and as they are, with the entries that say why. Rows change in the order of their ids.

    Grants that were not there before have rows already.
    """
    all_ = sorted(changes, key=lambda one: one[1].workspace_id)
    moved = sorted((grant for before, after, _ in all_ for grant in _moved(before, after)), key=lambda one: one.id)
    touched = [one for one in all_ if one[2].written or one[1].balance != one[0].balance]
    balances = [
        (books.workspace_id, *_row_of_balance(books.balance), pen.chain.length, pen.chain.head)
        for _, books, pen in touched
    ]
    return [
        (_SAVE_GRANTS, [_row_of_grant(grant) for grant in moved]),
        (_SAVE_ACCOUNTS, balances),
        (_ADD_ENTRIES, [(*entry, hash_) for _, _, pen in touched for entry, hash_ in pen.written]),
    ]


def count_moved(movements: Iterable[Movement]) -> None:
    """Count what movements moved."""
    moved = Counter[Operation]()
    for movement in movements:
        moved[movement.operation] += sum(posting.credits for posting in movement.postings if posting.credits > 0)
    for operation, credits_ in moved.items():
        CREDITS_MOVED.labels(operation).inc(credits_)


def _moved(before: Books, after: Books) -> list[Grant]:
    if after.grants is before.grants:
        return []
    former = {grant.id: grant for grant in before.grants}
    return [grant for grant in after.grants if grant.id in former and grant != former[grant.id]]
