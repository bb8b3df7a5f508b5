"""Several decisions in one transaction: accounts locked in the order of their ids, everything else loaded with one statement,
decided in memory one after the other, and written with one statement, the outbox included.

Each decision sees what those before it decided, as if it had been written.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common import many
from libs.common.db import driver_of
from libs.common.errors import Conflict
from libs.common.many import Given
from services.billing.domain.credits.chain import Chain
from services.billing.domain.credits.holds import Decision, Hold
from services.billing.domain.credits.ledger import Balance, Books, Grant
from services.billing.domain.credits.postings import Movement, Subject
from services.billing.repositories.credits import captures, holds, ledger
from services.billing.repositories.credits.captures import Capture
from services.billing.repositories.credits.writing import BALANCE, HAS_CAPS, Pen, count_moved, is_touched, writings_of
from services.billing.tables import grants

# Without sequential scans, for this transaction: a plan that was made while the tables were empty would go on reading them whole.
_LOCK = """
    SELECT set_config('enable_seqscan', 'off', true), workspace_id, {balance}, chain_length, chain_head, version, now(), {capped}
    FROM billing.accounts a WHERE workspace_id = ANY($1::uuid[]) ORDER BY workspace_id FOR NO KEY UPDATE OF a
    """
_LOCK_ACCOUNTS = _LOCK.format(balance=", ".join(BALANCE), capped=HAS_CAPS.format(account="a"))
_GRANT = [column.name for column in ledger.GRANT_COLUMNS]
_FIND_GRANTS = many.find(grants, ("workspace_id",), ("workspace_id", *_GRANT), where="is_open")


class Alone(Conflict):
    """The account is not open yet, or has caps on its spending, which are counted from what is written."""

    code = "not_together"


@dataclass
class Account:
    """An account as it was, and as the decisions so far have left it. `pen` ends where its chain does."""

    before: Books
    books: Books
    pen: Pen
    version: int
    capped: bool
    is_remembered: bool = False

    @property
    def version_after(self) -> int:
        """The version that its row has when this is written. What is only remembered is written in any case."""
        return self.version + (self.is_remembered or is_touched(self.before, self.books, self.pen))


@dataclass
class Sitting:
    """What is decided upon, as it is after the decisions so far."""

    accounts: dict[UUID, Account]
    _holds: dict[Subject, Hold]
    _captures: dict[Capture, int]
    remembered: bool = False
    """Nothing of it was looked up: it is written only where it is still so, and the subjects are new."""
    _heard: dict[Subject, Hold] = field(default_factory=dict[Subject, Hold])
    _captured: dict[Capture, int] = field(default_factory=dict[Capture, int])
    _movements: list[Movement] = field(default_factory=list[Movement])

    def books(self, workspace_id: UUID, *, spending: bool) -> Books:
        """The workspace's. Raises Alone when its account is not open, or has caps and this is about `spending`."""
        account = self.accounts.get(workspace_id)
        if account is None or (spending and account.capped):
            msg = f"workspace {workspace_id} has no account yet, or caps on its spending: it is decided upon alone"
            raise Alone(msg)
        return account.books

    def hold(self, subject: Subject, *, workspace_id: UUID) -> Hold | None:
        """The subject's hold, ever. Raises Conflict `subject_of_another_workspace` when it is somebody else's."""
        return holds.owned(self._holds.get(subject), workspace_id=workspace_id)

    def captured(self, subject: Subject, chunk_no: int) -> int | None:
        """What was captured for a chunk, if it was."""
        return self._captures.get((subject, chunk_no))

    def decided(self, decision: Decision, *, actor: str) -> None:
        """Take a decision over. Its subject has been heard of."""
        account, hold = self.accounts[decision.books.workspace_id], decision.hold
        account.pen.write(decision.books.workspace_id, decision.movements, actor=actor)
        account.books = decision.books
        self._movements += decision.movements
        self._holds[hold.subject] = self._heard[hold.subject] = hold

    def capture(self, subject: Subject, chunk_no: int, credits_: int) -> None:
        """The key `capture:<subject>:<chunk>`, for ever."""
        self._captures[subject, chunk_no] = self._captured[subject, chunk_no] = credits_

    def writings(self, *, heard_at: datetime) -> list[Given]:
        """What changed, to be written."""
        versions = {id_: one.version for id_, one in self.accounts.items()} if self.remembered else None
        changes = [(one.before, one.books, one.pen) for one in self.accounts.values()]
        books = writings_of(changes, versions=versions)
        heard = holds.writings_of_holds(self._heard.values(), heard_at=heard_at, fresh=self.remembered)
        return [*books, *heard, captures.writing_of(self._captured)]

    def count(self) -> None:
        """Count what was moved, when it has been committed."""
        count_moved(self._movements)


async def sit(
    conn: AsyncConnection, about: Collection[tuple[UUID, Subject]], *, captured: Collection[Capture] = ()
) -> Sitting:
    """Lock the accounts of some workspaces, and load their subjects and some captures."""
    workspaces = list({workspace_id for workspace_id, _ in about})
    locked = await (await driver_of(conn)).fetch(_LOCK_ACCOUNTS, workspaces)
    # By a statement after the lock, which sees what whoever had it before has written.
    open_grants, holds_, shares, captures_ = await many.read(
        conn,
        [
            (_FIND_GRANTS, [(workspace_id,) for workspace_id in workspaces]),
            *holds.findings_of_holds(subject for _, subject in about),
            captures.finding_of(captured),
        ],
    )
    return Sitting(_accounts(locked, open_grants), holds.to_holds(holds_, shares), captures.to_captures(captures_))


def _accounts(locked: Iterable[Sequence[Any]], open_grants: Iterable[Sequence[Any]]) -> dict[UUID, Account]:
    owned = defaultdict[UUID, list[Grant]](list)
    for workspace_id, *grant in open_grants:
        owned[workspace_id].append(ledger.to_grant(grant))
    accounts: dict[UUID, Account] = {}
    for _, id_, *balance, length, head, version, at, capped in locked:
        burning = owned[id_]
        if len(burning) > 1:
            burning.sort(key=lambda grant: grant.burn_order)
        books = Books(id_, Balance(*balance), tuple(burning))
        accounts[id_] = Account(books, books, Pen(Chain(length, head), at), version, capped)
    return accounts
