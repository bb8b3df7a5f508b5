"""Two workspaces, what ingest knows of their jobs, messages on their way; and what is done is done to both sides."""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from hypothesis.stateful import RuleBasedStateMachine, invariant

from libs.common.contracts.billing import CreditsGranted, HoldPlaced, HoldRaised
from libs.common.contracts.envelope import Event
from libs.common.contracts.ingest import JobCompleted
from libs.common.ids import new_id
from services.billing.domain.credits.postings import Subject
from tests.integration.billing.machine.driver import Driver
from tests.integration.billing.machine.hearing import hear, subject_of
from tests.integration.billing.machine.model import Account, Waits
from tests.integration.billing.machine.sales import Sale
from tests.integration.billing.test_sourcings import over
from tests.support.clock import where_it_is_noon

T = TypeVar("T")


@dataclass
class Work:
    """What ingest knows of a job or a sourcing: what it may spend, what its delivered chunks have earned, its end."""

    account: Account = field(repr=False)
    subject: Subject
    asked: int
    chunks: int = 0
    earned: int = 0
    rounds: int = 0
    lowered: int = 0
    may_spend: int | None = None
    total: int | None = None

    def hear(self, said: Event | None) -> None:
        """No answer from before the last lowering counts."""
        if isinstance(said, HoldPlaced) and self.may_spend is None:
            self.may_spend = said.credits
        elif isinstance(said, HoldRaised) and said.round > self.lowered and self.may_spend is not None:
            self.may_spend = max(self.may_spend, said.credits)

    @property
    def runs(self) -> bool:
        return self.may_spend is not None and self.total is None

    @property
    def left(self) -> int:
        return (self.may_spend or 0) - self.earned


@dataclass(eq=False)
class Letter:
    """An event on its way to billing; at least once."""

    account: Account = field(repr=False)
    event: Event
    id: UUID = field(default_factory=new_id)
    heard: bool = False


class World(RuleBasedStateMachine):
    """`expect` is the machine's one judgement: what became of it, what was said; `the_ledger_is_the_models` follows."""

    loop: ClassVar[asyncio.AbstractEventLoop]
    driver: ClassVar[Driver]

    def __init__(self) -> None:
        super().__init__()
        self.accounts = [Account(new_id()), Account(new_id())]
        self.works: list[Work] = []
        self.letters: list[Letter] = []
        self.sales: list[tuple[Account, Sale]] = []
        for account in self.accounts:
            self.do(self.driver.open(account.id, time_zone=where_it_is_noon()))

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    @property
    def ids(self) -> list[UUID]:
        return [account.id for account in self.accounts]

    def expect(self, outcome: str, became: str, said: Sequence[tuple[Account, Event | None]] = ()) -> None:
        """Billing answered as the model did, and said the same."""
        assert became == outcome
        expected = [(str(one.id), event.type, event.model_dump(mode="json")) for one, event in said if event]
        assert self.do(self.driver.said(self.ids)) == sorted(expected, key=repr)

    def send(self, work: Work, event: Event, *, at_once: bool = False) -> None:
        """On its way; `at_once` it is there."""
        self.letters.append(Letter(work.account, event))
        if at_once:
            self.deliver(self.letters[-1])

    def waiting(self) -> list[Letter]:
        return [letter for letter in self.letters if not letter.heard]

    def deliver(self, letter: Letter, *, past_the_inbox: bool = False) -> None:
        id_ = new_id() if past_the_inbox else letter.id
        outcome = self.do(self.driver.hear(letter.event, letter.account.id, id_=id_))
        if letter.heard and not past_the_inbox:
            self.expect("done", outcome)
            return
        became, said = self.answer(letter)
        self.expect(became, outcome, [(letter.account, said)])

    def answer(self, letter: Letter) -> tuple[str, Event | None]:
        """What the model makes of a letter."""
        try:
            said = hear(letter.account, letter.event)
        except Waits as early:
            return str(early), None
        letter.heard = True
        next(work for work in self.works if work.subject == subject_of(letter.event)).hear(said)
        return "done", said

    def granted(self, key: str, account: Account, size: int) -> CreditsGranted:
        """Take a grant over into the model: its id and dates are billing's to give, its size is not."""
        row = self.do(self.driver.grant_under(key, account.id))
        assert row["size"] == size
        account.know(row["id"], priority=row["priority"], expires_at=row["expires_at"])
        account.coins.grant(row["id"], size)
        return CreditsGranted(credits=size, available=account.available, kind=row["kind"], expires_at=row["expires_at"])

    @invariant()
    def the_ledger_is_the_models(self) -> None:
        balances, grants, holds = self.do(self.driver.look(self.ids))
        assert balances == {str(account.id): account.balance() for account in self.accounts}
        assert grants == {id_: lying for account in self.accounts for id_, lying in account.grants().items()}
        assert holds == {id_: found for account in self.accounts for id_, found in account.subjects().items()}

    def teardown(self) -> None:
        """Once everything has ended and been heard of, nothing is held, each has paid what it earned, and it is proven."""
        for work in self.works:
            if work.total is None:
                work.total = work.earned
                self.send(work, end_of(work))
        for letter in 3 * self.letters:
            if not letter.heard:
                self.deliver(letter)
        self.the_ledger_is_the_models()
        for account in self.accounts:
            assert [check for check in self.do(self.driver.billing.proof(account.id)) if not check.holds] == []
        for work in self.works:
            hold = work.account.holds[work.subject]
            assert (hold.state in {"closed", "declined", "tombstone"}, hold.captured) == (True, work.total)


def end_of(work: Work, kind: type[Any] = JobCompleted) -> Event:
    if work.subject.kind == "sourcing":
        return over(work.subject.id, work.earned)
    return kind(job_id=work.subject.id, job_version=9, credits_total=work.earned)
