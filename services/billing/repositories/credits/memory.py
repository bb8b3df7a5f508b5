"""What a process remembers of the accounts it has written: where nobody else has changed them, nothing need be looked up.

Memory decides nothing by itself: what rests on it is written only where every account still has the version and the last
hash that it is remembered with, each subject is new, and there are no caps. A wrong memory costs a statement that fails.
"""

from collections import OrderedDict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.billing.domain.credits.chain import Chain
from services.billing.domain.credits.ledger import Books
from services.billing.domain.credits.values import replace
from services.billing.repositories.credits.sitting import Account, Sitting
from services.billing.repositories.credits.writing import Pen

_ACCOUNTS = 5_000
_GRANTS = 50
"""Of an account with more that are open, nothing is remembered."""


@dataclass(frozen=True, slots=True)
class _Remembered:
    books: Books
    chain: Chain
    version: int
    is_ours: bool
    """Nobody else has changed the account between the last two times that this process did."""


class Memory:
    """One process's. It forgets an account as it uses it, and what was committed comes back: a failure leaves nothing behind."""

    def __init__(self) -> None:
        self._accounts = OrderedDict[UUID, _Remembered]()

    def recall(self, workspaces: Collection[UUID], *, at: datetime) -> Sitting | None:
        """A sitting of these accounts at a time; None where one of them is not remembered, or others change it as well."""
        found = {id_: self._accounts.get(id_) for id_ in workspaces}
        if not found or not all(one is not None and one.is_ours for one in found.values()):
            return None
        accounts = dict[UUID, Account]()
        for id_, one in found.items():
            assert one is not None
            del self._accounts[id_]
            accounts[id_] = Account(
                one.books, one.books, Pen(one.chain, at), one.version, capped=False, is_remembered=True
            )
        return Sitting(accounts, {}, {}, remembered=True)

    def has(self, workspace_id: UUID | None) -> bool:
        """Whether the next requests of a workspace can be decided by what is remembered."""
        known = self._accounts.get(workspace_id) if workspace_id else None
        return known is not None and known.is_ours

    def lend(self, sitting: Sitting) -> None:
        """Remember what is on its way to the database and not committed yet, so that the next can be decided meanwhile. What
        has ended in a hash of its own can be written on only where it has been committed."""
        self._remember(sitting, [id_ for id_, account in sitting.accounts.items() if account.pen.written])

    def keep(self, sitting: Sitting) -> None:
        """Remember what a sitting has committed. What was lent may have been used since."""
        lent = sitting.remembered
        self._remember(sitting, [id_ for id_, one in sitting.accounts.items() if not (lent and one.pen.written)])

    def _remember(self, sitting: Sitting, workspaces: Iterable[UUID]) -> None:
        for id_ in workspaces:
            account = sitting.accounts[id_]
            before = self._accounts.pop(id_, None)
            is_ours = sitting.remembered or (before is not None and before.version == account.version)
            grants = tuple(grant for grant in account.books.grants if grant.available or grant.held)
            if not account.capped and len(grants) <= _GRANTS:
                self._accounts[id_] = _Remembered(
                    replace(account.books, grants=grants), account.pen.chain, account.version_after, is_ours
                )
        while len(self._accounts) > _ACCOUNTS:
            self._accounts.popitem(last=False)
