"""What the bus does: jobs and sourcings, their events in any order and any number of times, alone and together."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from libs.common.contracts.envelope import Event
from libs.common.contracts.ingest import (
    ChunkCompleted,
    JobCancelled,
    JobCompleted,
    JobCreated,
    JobFailed,
    JobParked,
)
from libs.common.ids import new_id
from services.billing.domain.credits.postings import Subject
from tests.integration.billing.machine.customers import Customers
from tests.integration.billing.machine.driver import QUEUES
from tests.integration.billing.machine.model import Account
from tests.integration.billing.machine.world import Letter, Work, end_of
from tests.integration.billing.steps import completed, created, lowered, raised
from tests.integration.billing.test_sourcings import asked, revealed

WHICH = st.integers(0, 1)
CREDITS = st.integers(1, 5)


class AnyOrder(Customers):
    """Together with what operators, customers and the clock do."""

    @initialize(
        begun=st.lists(st.tuples(WHICH, st.integers(2, 5), st.booleans(), st.integers(0, 3)), min_size=2, max_size=4)
    )
    def begin(self, begun: list[tuple[int, int, bool, int]]) -> None:
        """Each workspace has some credits, and of what has been asked for some is held, and earning already."""
        for which in (0, 1):
            self.grant(which=which, size=4, days=None, priority=20)
            self.grant(which=which, size=3, days=1, priority=10)
        for which, credits_, sourcing, events in begun:
            self.ask_for_credits(which=which, credits_=credits_, step=1, sourcing=sourcing, at_once=events > 0)
            if events > 1 and self.works[-1].runs:
                self.complete(self.works[-1], events, at_once=events > 2)

    @precondition(lambda self: len(self.works) < 6)
    @rule(which=WHICH, credits_=CREDITS, step=st.sampled_from([None, 2]), sourcing=st.booleans(), at_once=st.booleans())
    def ask_for_credits(self, which: int, credits_: int, step: int | None, sourcing: bool, at_once: bool) -> None:
        subject = Subject("sourcing" if sourcing else "job", new_id())
        work = Work(self.accounts[which], subject, credits_)
        self.works.append(work)
        request: Event = asked(subject.id, credits_)
        if not sourcing:
            request = JobCreated(job_id=subject.id, credits=credits_, price_version=1, credits_step=step)
        self.send(work, request, at_once=at_once)

    @precondition(lambda self: self.earning())
    @rule(data=st.data(), earned=st.integers(0, 3), at_once=st.booleans())
    def complete_a_chunk(self, data: st.DataObject, earned: int, at_once: bool) -> None:
        self.complete(data.draw(st.sampled_from(self.earning())), earned, at_once=at_once)

    def complete(self, work: Work, earned: int, *, at_once: bool) -> None:
        earned, number = min(earned, work.left), work.chunks
        work.chunks, work.earned = number + 1, work.earned + earned
        make = revealed if work.subject.kind == "sourcing" else completed
        self.send(work, make(work.subject.id, number, earned), at_once=at_once)

    def earning(self) -> list[Work]:
        return [work for work in self.works if work.runs and work.chunks < 4]

    @precondition(lambda self: self.jobs())
    @rule(data=st.data(), more=st.integers(0, 3), at_once=st.booleans())
    def raise_a_job(self, data: st.DataObject, more: int, at_once: bool) -> None:
        work = data.draw(st.sampled_from(self.jobs()))
        work.rounds += 1
        credits_ = (work.may_spend or 0) + more
        self.send(work, raised(work.subject.id, work.rounds, credits_, after=work.lowered), at_once=at_once)

    @precondition(lambda self: self.jobs(answered=True))
    @rule(data=st.data(), more=st.integers(0, 2), at_once=st.booleans())
    def lower_a_job(self, data: st.DataObject, more: int, at_once: bool) -> None:
        """To what is earned, or a little more; never while a raise waits for its answer."""
        work = data.draw(st.sampled_from(self.jobs(answered=True)))
        work.may_spend = min(work.may_spend or 0, work.earned + more)
        work.rounds += 1
        work.lowered = work.rounds
        self.send(work, lowered(work.subject.id, work.rounds, work.may_spend), at_once=at_once)

    def jobs(self, *, answered: bool = False) -> list[Work]:
        asking = {letter.event.job_id for letter in self.waiting() if letter.event.type.endswith("raised")}  # type: ignore[attr-defined]
        return [
            work
            for work in self.works
            if work.runs
            and work.subject.kind == "job"
            and work.rounds < 4
            and not (answered and work.subject.id in asking)
        ]

    @precondition(lambda self: any(work.total is None for work in self.works))
    @rule(data=st.data(), kind=st.sampled_from([JobCompleted, JobFailed, JobCancelled]), at_once=st.booleans())
    def end(self, data: st.DataObject, kind: type[Any], at_once: bool) -> None:
        work = data.draw(st.sampled_from([work for work in self.works if work.total is None]))
        work.total = work.earned
        self.send(work, end_of(work, kind), at_once=at_once)

    @precondition(lambda self: self.waiting())
    @rule(data=st.data())
    def deliver_one(self, data: st.DataObject) -> None:
        self.deliver(data.draw(st.sampled_from(self.waiting())))

    @precondition(lambda self: any(letter.heard for letter in self.letters))
    @rule(data=st.data(), past_the_inbox=st.booleans())
    def deliver_one_again(self, data: st.DataObject, past_the_inbox: bool) -> None:
        heard = [letter for letter in self.letters if letter.heard]
        self.deliver(data.draw(st.sampled_from(heard)), past_the_inbox=past_the_inbox)

    @precondition(lambda self: self.together())
    @rule(data=st.data())
    def deliver_many_together(self, data: st.DataObject) -> None:
        """Some of one queue's, in any order, some of them again: with another id, so past the inbox."""
        queue = data.draw(st.sampled_from(self.together()))
        chosen = data.draw(st.lists(st.sampled_from(queue), min_size=1, max_size=5))
        ids = [new_id() if one.heard or one in chosen[:nth] else one.id for nth, one in enumerate(chosen)]
        parts = [(one.event, one.account.id, id_) for one, id_ in zip(chosen, ids, strict=True)]
        became = self.do(self.driver.hear_together(parts))
        answers = [(letter.account, self.answer(letter)) for letter in chosen]
        assert became == ["acked" if outcome == "done" else f"retry: {outcome}" for _, (outcome, _) in answers]
        self.expect("done", "done", [(account, said) for account, (_, said) in answers])

    def together(self) -> list[list[Letter]]:
        """What may share a transaction. Where there is a cap, each is decided upon alone."""
        queues = [
            [one for one in self.letters if isinstance(one.event, kind) and one.account.cap is None] for kind in QUEUES
        ]
        return [queue for queue in queues if queue]

    @precondition(lambda self: any(letter.heard for letter in self.letters))
    @rule(data=st.data(), what=st.sampled_from(["another's", "another content", "too much"]))
    def hear_nonsense(self, data: st.DataObject, what: str) -> None:
        """It is refused by name, and changes nothing."""
        known = [(account, subject) for account in self.accounts for subject in account.holds]
        account, subject = data.draw(st.sampled_from(known))
        code, event, asker = _nonsense(what, account, subject, next(one for one in self.accounts if one is not account))
        if event is not None:
            self.expect(code, self.do(self.driver.hear(event, asker.id)))

    @precondition(lambda self: any(work.runs for work in self.works))
    @rule(data=st.data())
    def hear_of_a_job(self, data: st.DataObject) -> None:
        work = data.draw(st.sampled_from([work for work in self.works if work.runs]))
        if work.subject.kind == "job":
            parked = JobParked(job_id=work.subject.id, job_version=2, reason="credits_exhausted")
            self.send(work, parked, at_once=True)


def _nonsense(what: str, account: Account, subject: Subject, other: Account) -> tuple[str, Event | None, Account]:
    hold = account.holds[subject]
    too_much = account.held(subject) + 1
    if what == "another's":
        request = created(subject.id, 1) if subject.kind == "job" else asked(subject.id, 1)
        return "subject_of_another_workspace", request, other
    if what == "another content":
        request = created(subject.id, 90) if subject.kind == "job" else asked(subject.id, 90)
        return "hold_conflict", None if hold.state == "tombstone" else request, account
    chunk = ChunkCompleted(job_id=subject.id, chunk_no=90, credits=too_much)
    event = chunk if subject.kind == "job" else revealed(subject.id, 90, too_much)
    nothing = hold.state in {"declined", "tombstone"}
    return "capture_without_hold" if nothing else "capture_above_hold", event, account
