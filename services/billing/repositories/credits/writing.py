"""What is written when books have changed: grants, accounts and entries, for any number of workspaces."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from uuid import UUID

from libs.common import many
from libs.common.ids import new_id
from libs.common.many import Given, Statement
from services.billing.domain.credits.chain import Chain, Entry, hash_after
from services.billing.domain.credits.ledger import Books, Grant
from services.billing.domain.credits.postings import Movement, Operation
from services.billing.metrics import CREDITS_MOVED
from services.billing.tables import accounts, entries, grants

HAS_CAPS = """(
    EXISTS (SELECT FROM billing.spend_caps c WHERE c.workspace_id = {account}.workspace_id
        AND coalesce(c.per_day, c.per_month, c.per_member) IS NOT NULL)
    OR EXISTS (SELECT FROM billing.member_caps m WHERE m.workspace_id = {account}.workspace_id AND m.per_month IS NOT NULL)
)"""
"""Whether an account, by its name in a statement, has caps on its spending."""

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
# Fails (no version may be null) where somebody else has changed the account, or there are caps, which are counted from what is
# written: nothing of the statement happens then. A database that has forgotten a commit in a fail-over gives the commit's
# version to another; no two entries have the same hash.
_SWAP_ACCOUNTS = Statement(
    accounts,
    ("workspace_id", *BALANCE, "chain_length", "chain_head", "version", "former_head"),
    """UPDATE {table} AS t SET {changed}, version = CASE
            WHEN t.version = n.version AND t.chain_head = n.former_head AND NOT {capped} THEN n.version + 1 END
        FROM {rows} WHERE t.workspace_id = n.workspace_id""",
    renamed={"former_head": "chain_head"},
    changed=", ".join(f"{name} = n.{name}" for name in (*BALANCE, "chain_length", "chain_head")),
    capped=HAS_CAPS.format(account="t"),
)
_ADD_ENTRIES = many.insert(entries, (*Entry._fields, "hash"))


@dataclass
class Pen:
    """Where one account's chain ends, for whoever has its lock; `at` is the transaction's own time. `former_head` is the last
    hash before anything is written."""

    chain: Chain
    at: datetime
    written: list[tuple[Entry, bytes]] = field(default_factory=list)
    former_head: bytes = field(init=False)

    def __post_init__(self) -> None:
        self.former_head = self.chain.head

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


def writings_of(
    changes: Iterable[tuple[Books, Books, Pen]], *, versions: Mapping[UUID, int] | None = None
) -> list[Given]:
    """Books as they were and as they are, with the entries that say why. Rows change in the order of their ids.

    Grants that were not there before have rows already. Without their locks, the accounts' `versions` are given: where one
    has another by now, or another end of its chain, or there are caps, all of it fails.
    """
    all_ = sorted(changes, key=lambda one: one[1].workspace_id)
    moved = sorted(
        (grant for before, after, _ in all_ for grant in moved_grants(before, after)), key=lambda one: one.id
    )
    touched = all_ if versions else [one for one in all_ if is_touched(*one)]
    balances = [
        (books.workspace_id, *_row_of_balance(books.balance), pen.chain.length, pen.chain.head)
        for _, books, pen in touched
    ]
    swapped = [
        (*row, versions[row[0]], pen.former_head)
        for row, (_, _, pen) in zip(balances, touched, strict=True)
        if versions
    ]
    return [
        (_SWAP_ACCOUNTS, swapped),
        (_SAVE_GRANTS, [_row_of_grant(grant) for grant in moved]),
        (_SAVE_ACCOUNTS, [] if versions else balances),
        (_ADD_ENTRIES, [(*entry, hash_) for _, _, pen in touched for entry, hash_ in pen.written]),
    ]


def count_moved(movements: Iterable[Movement]) -> None:
    """Count what movements moved."""
    moved = Counter[Operation]()
    for movement in movements:
        moved[movement.operation] += sum(posting.credits for posting in movement.postings if posting.credits > 0)
    for operation, credits_ in moved.items():
        CREDITS_MOVED.labels(operation).inc(credits_)


def is_touched(before: Books, after: Books, pen: Pen) -> bool:
    """Whether the account's row changes, and with it its version: whatever of the books changes does that."""
    return bool(pen.written) or after.balance != before.balance or bool(moved_grants(before, after))


def moved_grants(before: Books, after: Books) -> list[Grant]:
    """The grants that are no longer as they were; those that were not there before are left out."""
    if after.grants is before.grants:
        return []
    former = {grant.id: grant for grant in before.grants}
    return [grant for grant in after.grants if grant.id in former and grant != former[grant.id]]
