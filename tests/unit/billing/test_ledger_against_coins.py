"""The ledger against a model in which every credit is a coin, under any order and repetition of a job's events."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from libs.common.errors import Transient
from libs.common.ids import new_id
from services.billing.domain.credits.adjusting import adjust_down, void_grant
from services.billing.domain.credits.grants import claw_back, expire_due, grant_credits
from services.billing.domain.credits.holds import Decision, Hold, HoldState
from services.billing.domain.credits.ledger import Books, Grant, GrantKind
from services.billing.domain.credits.lowering import LowerRequest, lower_hold
from services.billing.domain.credits.placing import HoldRequest, place
from services.billing.domain.credits.postings import Movement, Subject
from services.billing.domain.credits.raising import RaiseAnswer, RaiseRequest, raise_hold
from services.billing.domain.credits.refunding import Refund, refund
from services.billing.domain.credits.settling import capture, settle
from tests.unit.billing.coins import Coins

START = datetime(2026, 11, 22, tzinfo=UTC)
DAY = timedelta(days=1)


@dataclass
class Job:
    """What ingest knows: the credits of completed chunks (fixed once), and the total (fixed at the end)."""

    id: UUID = field(default_factory=new_id)
    chunks: list[int | None] = field(default_factory=list)
    asked: int = 0
    rounds: list[int] = field(default_factory=list)
    lowered: int = 0
    may_spend: int = 0
    placed: bool = False
    total: int | None = None

    @property
    def earned(self) -> int:
        return sum(chunk or 0 for chunk in self.chunks)


class AnyOrderOfEvents(RuleBasedStateMachine):
    """`messages` were sent at least once; each may be delivered at any time, any number of times.

    Red when any of these rules is removed: tombstone, settling, capture_key, hold_key, decline_key, natural_key,
    expire_released, refund_expired, owed_first, raise_key; or when captures and releases take from the same end of the
    burn order.
    """

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.books = Books(new_id())
        self.holds: dict[UUID, Hold] = {}
        self.captures: dict[tuple[UUID, int], int] = {}
        self.movements: list[Movement] = []
        self.answers: dict[tuple[UUID, int], RaiseAnswer] = {}
        self.jobs: dict[UUID, Job] = {}
        self.messages: list[tuple[str, UUID, int]] = []
        self.pending: set[tuple[str, UUID, int]] = set()
        self.claw_backs = 0
        self.model = Coins(
            rank=lambda one: self.books.grant(one).burn_order, dead=lambda one: self.books.grant(one).is_dead(self.now)
        )

    def send(self, *message: str | UUID | int) -> None:
        kind, job, number = message
        assert isinstance(kind, str)
        assert isinstance(job, UUID)
        assert isinstance(number, int)
        self.messages.append((kind, job, number))
        self.pending.add((kind, job, number))

    def write(self, books: Books, movements: tuple[Movement, ...], hold: Hold | None = None) -> None:
        self.books = books
        self.movements += movements
        if hold is not None:
            self.holds[hold.subject.id] = hold

    def decide(self, decision: Decision) -> None:
        self.write(decision.books, decision.movements, decision.hold)

    # what people do
    @initialize(
        sizes=st.lists(st.integers(1, 4), min_size=2, max_size=3),
        days=st.sampled_from([None, 1]),
        events=st.integers(0, 3),
        earned=st.integers(0, 2),
    )
    def begin(self, sizes: list[int], days: int | None, events: int, earned: int) -> None:
        """Some of the runs begin in the middle of a job, whose hold may lie on several grants."""
        for size in sizes:
            self.grant(size=size, days=days, priority=10)
        self.create_job(chunks=2)
        job = next(iter(self.jobs.values()))
        if events >= 1:
            self.deliver(("created", job.id, 0))
        if events >= 2 and job.placed:
            job.chunks[0] = earned
            self.send("completed", job.id, 0)
            self.deliver(("completed", job.id, 0))
        if events >= 3 and job.placed:
            job.total = job.earned
            self.send("ended", job.id, 0)
            self.deliver(("ended", job.id, 0))

    @precondition(lambda self: len(self.books.grants) < 4)
    @rule(size=st.integers(1, 4), days=st.sampled_from([None, 1, 3]), priority=st.sampled_from([10, 20]))
    def grant(self, size: int, days: int | None, priority: int) -> None:
        made = Grant(new_id(), GrantKind.PLAN, priority, None if days is None else self.now + days * DAY, size)
        turn = grant_credits(self.books, made, business_key=f"grant:{made.id}", reason="", now=self.now)
        self.write(turn.books, turn.movements)
        self.model.grant(made.id, size)

    @precondition(lambda self: len(self.jobs) < 3)
    @rule(chunks=st.integers(1, 2))
    def create_job(self, chunks: int) -> None:
        job = Job(chunks=[None] * chunks, asked=2 * chunks)
        self.jobs[job.id] = job
        self.send("created", job.id, 0)

    @precondition(lambda self: self.running())
    @rule(data=st.data(), earned=st.integers(0, 2))
    def complete_a_chunk(self, data: st.DataObject, earned: int) -> None:
        job = data.draw(st.sampled_from(self.running()))
        number = job.chunks.index(None)
        job.chunks[number] = earned
        self.send("completed", job.id, number)

    def running(self) -> list[Job]:
        return [job for job in self.jobs.values() if job.placed and job.total is None and None in job.chunks]

    @precondition(lambda self: self.raisable())
    @rule(data=st.data(), more=st.integers(0, 3))
    def raise_a_job(self, data: st.DataObject, more: int) -> None:
        job = data.draw(st.sampled_from(self.raisable()))
        job.rounds.append(job.may_spend + more)
        self.send("raised", job.id, len(job.rounds))

    @precondition(lambda self: self.lowerable())
    @rule(data=st.data(), more=st.integers(0, 3))
    def lower_a_job(self, data: st.DataObject, more: int) -> None:
        """To what is earned and under way, or a little more."""
        job = data.draw(st.sampled_from(self.lowerable()))
        in_use = job.earned + 2 * job.chunks.count(None)
        job.may_spend = min(job.may_spend, in_use + more)
        job.rounds.append(job.may_spend)
        job.lowered = len(job.rounds)
        self.send("lowered", job.id, job.lowered)

    def lowerable(self) -> list[Job]:
        asking = {job_id for kind, job_id, _ in self.pending if kind == "raised"}
        return [job for job in self.raisable() if job.id not in asking]

    def raisable(self) -> list[Job]:
        return [job for job in self.jobs.values() if job.placed and job.total is None and len(job.rounds) < 4]

    @precondition(lambda self: any(job.total is None for job in self.jobs.values()))
    @rule(data=st.data())
    def end_a_job(self, data: st.DataObject) -> None:
        job = data.draw(st.sampled_from([job for job in self.jobs.values() if job.total is None]))
        job.total = job.earned
        self.send("ended", job.id, 0)

    @rule(sweeps=st.booleans())
    def a_day_passes(self, sweeps: bool) -> None:
        self.now += DAY
        if sweeps:
            turn = expire_due(self.books, now=self.now)
            self.write(turn.books, turn.movements)
            self.model.sweep()

    @precondition(lambda self: self.claw_backs < 3)
    @rule(data=st.data(), amount=st.sampled_from([None, 1, 2]))
    def take_a_grant_back(self, data: st.DataObject, amount: int | None) -> None:
        """A dispute takes all of it, a refunded part of a payment takes a part; the two may follow each other."""
        grant = data.draw(st.sampled_from(self.books.grants))
        self.claw_backs += 1
        key = f"claw_back:{self.claw_backs}"
        turn = claw_back(self.books, grant.id, reason="disputed", amount=amount, business_key=key)
        self.write(turn.books, turn.movements)
        self.model.claw_back(grant.id, grant.size if amount is None else amount)

    @precondition(lambda self: self.refundable())
    @rule(data=st.data(), amount=st.integers(1, 3))
    def refund_a_job(self, data: st.DataObject, amount: int) -> None:
        hold = data.draw(st.sampled_from(self.refundable()))
        asked = Refund(hold.subject, len(self.movements), min(amount, hold.captured - hold.refunded), "")
        renewed = {share.grant_id: new_id() for share in hold.shares}
        self.decide(refund(self.books, hold, asked, renewed=renewed, now=self.now))
        self.model.refund(hold.subject.id, asked.credits, renewed)

    def refundable(self) -> list[Hold]:
        return [hold for hold in self.holds.values() if hold.captured > hold.refunded]

    @precondition(lambda self: self.books.balance.available)
    @rule(amount=st.integers(1, 2))
    def take_credits_away(self, amount: int) -> None:
        self.model.sweep()
        less = min(amount, len(self.model.lying("available")))
        turn = adjust_down(self.books, less, business_key=f"adjust:{len(self.movements)}", reason="", now=self.now)
        self.write(turn.books, tuple(movement for movement in turn.movements if movement.postings))
        self.model.take_away(less)

    @precondition(lambda self: self.voidable())
    @rule(data=st.data())
    def void_one(self, data: st.DataObject) -> None:
        grant = data.draw(st.sampled_from(self.voidable()))
        self.model.sweep()
        self.model.take_away(grant.available, grant=grant.id)
        turn = void_grant(self.books, grant.id, reason="", now=self.now)
        self.write(turn.books, turn.movements)

    def voidable(self) -> list[Grant]:
        return [grant for grant in self.books.grants if grant.available and not grant.is_dead(self.now)]

    # what the bus does
    @precondition(lambda self: self.pending)
    @rule(data=st.data())
    def deliver_a_message(self, data: st.DataObject) -> None:
        self.deliver(data.draw(st.sampled_from(sorted(self.pending, key=self.messages.index))))

    @precondition(lambda self: len(self.messages) > len(self.pending))
    @rule(data=st.data())
    def deliver_a_message_again(self, data: st.DataObject) -> None:
        self.deliver(data.draw(st.sampled_from([one for one in self.messages if one not in self.pending])))

    def deliver(self, message: tuple[str, UUID, int]) -> None:
        kind, job_id, number = message
        if kind == "raised" and self.overtakes_a_lowering(job_id, number):
            return
        try:
            handle = {
                "created": self.place,
                "completed": self.capture,
                "ended": self.settle,
                "raised": self.lift,
                "lowered": self.lower,
            }[kind]
            handle(self.jobs[job_id], number)
        except Transient:
            assert job_id not in self.holds
        else:
            self.pending.discard(message)

    def overtakes_a_lowering(self, job_id: UUID, round_no: int) -> bool:
        """Then it waits: the use case looks for the round that it follows."""
        return any(kind == "lowered" and job == job_id and number < round_no for kind, job, number in self.pending)

    def place(self, job: Job, _: int) -> None:
        before = self.holds.get(job.id)
        request = HoldRequest(Subject("job", job.id), job.asked, price_version=1)
        self.decide(place(self.books, before, request, now=self.now))
        if before is None:
            placed = self.model.hold(job.id, request.credits)
            assert self.holds[job.id].state is (HoldState.HELD if placed else HoldState.DECLINED)
        else:
            assert self.holds[job.id] == before
        if not job.placed and self.holds[job.id].state is HoldState.HELD:
            job.placed, job.may_spend = True, job.asked

    def lift(self, job: Job, round_no: int) -> None:
        """A raise that is paid for lets one more chunk be done: it follows from the answer."""
        hold, before = self.holds[job.id], self.answers.get((job.id, round_no))
        asked = job.rounds[round_no - 1]
        request = RaiseRequest(Subject("job", job.id), round_no, asked)
        missing = max(0, asked - hold.granted)
        decision, answer = raise_hold(self.books, hold, request, before=before, now=self.now)
        self.decide(decision)
        self.answers[job.id, round_no] = answer
        if before is not None:
            assert answer == before
            assert self.holds[job.id] == hold
        elif hold.state is not HoldState.HELD:
            self.model.sweep()
            assert answer.credits is None
        else:
            assert self.model.hold(job.id, missing) == (answer.credits is not None)
            if answer.credits is not None and job.total is None:
                self.spend_more(job, answer.credits, round_no=round_no)

    def spend_more(self, job: Job, credits_: int, *, round_no: int) -> None:
        """As ingest takes an answer: none from before the last lowering counts."""
        if round_no < job.lowered or credits_ <= job.may_spend:
            return
        job.may_spend = credits_
        if job.earned + 2 * job.chunks.count(None) + 2 <= credits_:
            job.chunks.append(None)

    def lower(self, job: Job, round_no: int) -> None:
        hold, before = self.holds[job.id], self.answers.get((job.id, round_no))
        request = LowerRequest(Subject("job", job.id), round_no, job.rounds[round_no - 1])
        decision, answer = lower_hold(self.books, hold, request, before=before, now=self.now)
        self.decide(decision)
        self.answers[job.id, round_no] = answer
        if before is None and hold.state is HoldState.HELD:
            self.model.release(job.id, keep=hold.held - max(0, hold.granted - request.credits))
        else:
            assert self.holds[job.id] == hold

    def capture(self, job: Job, number: int) -> None:
        earned = job.chunks[number]
        assert earned is not None
        before = self.captures.get((job.id, number))
        subject = Subject("job", job.id)
        hold = self.holds.get(job.id)
        self.decide(capture(self.books, hold, subject=subject, chunk_no=number, earned=earned, before=before))
        self.captures[job.id, number] = earned
        if before is None:
            self.model.capture(job.id, earned)

    def settle(self, job: Job, _: int) -> None:
        assert job.total is not None
        before = self.holds.get(job.id)
        self.decide(settle(self.books, before, subject=Subject("job", job.id), credits_total=job.total, now=self.now))
        if before is not None and before.state is HoldState.HELD:
            self.model.release(job.id, keep=job.total - before.captured)

    # what always holds
    @invariant()
    def every_credit_lies_where_its_coin_lies(self) -> None:
        ours = Counter[tuple[UUID, str]]()
        for grant in self.books.grants:
            assert grant.is_whole
            assert min(grant.available, grant.held, grant.captured - grant.refunded) >= 0
            for where, amount in (
                ("available", grant.available),
                ("held", grant.held),
                ("captured", grant.captured - grant.refunded),
                ("expired", grant.expired),
                ("voided", grant.voided),
                ("clawed_back", grant.clawed_back),
            ):
                ours[grant.id, where] = amount
        assert +ours == self.model.count()
        assert self.books.balance.owed == self.model.owed >= 0

    @invariant()
    def the_equation_of_the_account_holds(self) -> None:
        balance, grants = self.books.balance, self.books.grants
        left = sum(grant.size - grant.expired - grant.voided - grant.clawed_back for grant in grants)
        assert left == balance.available + balance.held + balance.settling + balance.spent
        assert balance.available == sum(grant.available for grant in grants) >= 0
        assert balance.owed == sum(grant.owed for grant in grants)
        open_ = {state: sum(hold.held_while(state) for hold in self.holds.values()) for state in HoldState}
        assert (balance.held, balance.settling) == (open_[HoldState.HELD], open_[HoldState.SETTLING])

    @invariant()
    def the_entries_sum_to_zero_and_rebuild_the_books(self) -> None:
        rebuilt = Books(self.books.workspace_id)
        for grant in self.books.grants:
            rebuilt = rebuilt.with_grant(Grant(grant.id, grant.kind, grant.priority, grant.expires_at, grant.size))
        for movement in self.movements:
            assert sum(posting.credits for posting in movement.postings) == 0
            rebuilt = rebuilt.post(movement.postings)
        assert [replace(grant, expired_at=None) for grant in self.books.grants] == list(rebuilt.grants)
        assert replace(self.books.balance, held=0, settling=0) == rebuilt.balance

    @invariant()
    def no_key_is_used_twice_and_no_job_pays_more_than_it_earned(self) -> None:
        keys = [movement.business_key for movement in self.movements]
        assert len(keys) == len(set(keys))
        for job_id, hold in self.holds.items():
            assert hold.captured <= self.jobs[job_id].earned

    def teardown(self) -> None:
        """At rest: everything ended and delivered."""
        for job in self.jobs.values():
            if job.total is None:
                job.total = job.earned
                self.send("ended", job.id, 0)
        for _ in range(3):
            for message in sorted(self.pending, key=str):
                self.deliver(message)
        assert not self.pending
        for job in self.jobs.values():
            hold = self.holds[job.id]
            assert hold.state in {HoldState.CLOSED, HoldState.TOMBSTONE, HoldState.DECLINED}
            assert (hold.held, hold.captured) == (0, job.total)
        self.the_equation_of_the_account_holds()


TestAnyOrderOfEvents = AnyOrderOfEvents.TestCase
TestAnyOrderOfEvents.settings = settings(max_examples=200, stateful_step_count=30, deadline=None, database=None)
