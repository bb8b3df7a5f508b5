"""What operators and members do to credits, and the clock to what has a date."""

from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from libs.common.clock import utc_now
from libs.common.contracts.billing import CreditsRefunded, CreditsTakenBack, HoldQuestioned
from libs.common.ids import new_id
from libs.common.uow import UnitOfWork
from services.billing.domain.credits.ledger import GrantKind
from services.billing.domain.credits.postings import Subject
from services.billing.domain.watching.caps import Caps
from services.billing.repositories.watching import caps
from services.billing.use_cases.adjust_credits import Adjustment, adjust_credits
from services.billing.use_cases.expire_grants import expire_grants
from services.billing.use_cases.grant_credits import GrantRequest, grant_credits
from services.billing.use_cases.question_holds import question_holds
from services.billing.use_cases.refund_credits import RefundRequest, refund_credits
from services.billing.use_cases.void_grant import void_grant
from tests.integration.billing.machine.model import Account
from tests.integration.billing.machine.world import World

DAY = timedelta(days=1)
WHICH = st.integers(0, 1)
Order = GrantRequest | Adjustment | RefundRequest


@dataclass(frozen=True)
class Done:
    """What was ordered once, and its key."""

    account: Account
    order: Order
    key: str


class Operators(World):
    """Whatever is ordered twice under one key happens once."""

    def __init__(self) -> None:
        super().__init__()
        self.done: list[Done] = []
        self.nights = 0

    def order(self, account: Account, order: Order, key: str) -> str:
        outcome = self.do(self.driver.use(lambda uow: _carry_out(order, account, key, uow)))
        if outcome == "done":
            self.done.append(Done(account, order, key))
        return outcome

    @precondition(lambda self: self.done)
    @rule(data=st.data())
    def order_again(self, data: st.DataObject) -> None:
        former = data.draw(st.sampled_from(self.done))
        self.expect("done", self.order(former.account, former.order, former.key))

    @precondition(lambda self: len(self.done) < 9)
    @rule(which=WHICH, size=st.integers(1, 4), days=st.sampled_from([None, 1, 2]), priority=st.sampled_from([10, 20]))
    def grant(self, which: int, size: int, days: int | None, priority: int) -> None:
        """Its date is an hour before the end of its last day."""
        until = None if days is None else utc_now() + days * DAY - DAY / 24
        account, key = self.accounts[which], str(new_id())
        outcome = self.order(account, GrantRequest(size, "a test", GrantKind.PROMOTIONAL, priority, until), key)
        self.expect("done", outcome, [(account, self.granted(f"grant:key:{key}", account, size))])

    @precondition(lambda self: len(self.done) < 9)
    @rule(which=WHICH, more=st.integers(-3, 2).filter(bool))
    def adjust(self, which: int, more: int) -> None:
        account, key = self.accounts[which], str(new_id())
        outcome = self.order(account, Adjustment(more, "a test"), key)
        if more > 0:
            self.expect("done", outcome, [(account, self.granted(f"adjust:key:{key}", account, more))])
        elif -more > sum(not account.is_dead(coin.grant) for coin in account.coins.lying("available")):
            self.expect("adjustment_above_available", outcome)
        else:
            account.coins.sweep()
            account.coins.take_away(-more)
            said = CreditsTakenBack(credits=-more, available=account.available, cause="adjustment", owed=0)
            self.expect("done", outcome, [(account, said)])

    @precondition(lambda self: self.voidable())
    @rule(data=st.data(), twice=st.booleans())
    def void(self, data: st.DataObject, twice: bool) -> None:
        account, grant = data.draw(st.sampled_from(self.voidable()))
        for again in (False, True) if twice else (False,):
            outcome = self.do(
                self.driver.use(
                    lambda uow: void_grant(
                        grant, reason="a test", workspace_id=account.id, uow=uow, now=utc_now(), actor="user:test"
                    )
                )
            )
            there = len(account.coins.lying("available", grant=grant))
            if again:
                self.expect("done", outcome)
            elif account.is_dead(grant) or not there:
                self.expect("grant_has_nothing_available", outcome)
                return
            else:
                account.coins.sweep()
                account.coins.take_away(there, grant=grant)
                account.voided.add(grant)
                said = CreditsTakenBack(credits=there, available=account.available, cause="void", owed=0)
                self.expect("done", outcome, [(account, said)])

    def voidable(self) -> list[tuple[Account, UUID]]:
        return [(one, grant) for one in self.accounts for grant in one.ranks if grant not in one.voided]

    @precondition(lambda self: self.charged())
    @rule(data=st.data(), amount=st.integers(1, 4))
    def refund(self, data: st.DataObject, amount: int) -> None:
        """Of what was charged, or more than that: then it is refused."""
        account, subject = data.draw(st.sampled_from(self.charged()))
        hold, key = account.holds[subject], str(new_id())
        outcome = self.order(account, RefundRequest(subject, "a test", credits=amount), key)
        if amount > hold.captured - hold.refunded:
            self.expect("refund_above_capture", outcome)
            return
        hold.refunds, hold.refunded = hold.refunds + 1, hold.refunded + amount
        renewed = self.do(self.driver.renewed_by(f"refund:{subject}:{hold.refunds}", account.id))
        for _, grant, priority, expires_at in renewed:
            account.know(grant, priority=priority, expires_at=expires_at)
        account.coins.refund(subject.id, amount, {former: grant for former, grant, *_ in renewed})
        said = CreditsRefunded(job_id=subject.job_id, credits=amount, available=account.available)
        self.expect("done", outcome, [(account, said)])

    def charged(self) -> list[tuple[Account, Subject]]:
        return [(one, subject) for one in self.accounts for subject, hold in one.holds.items() if hold.captured]

    @rule(which=WHICH, per_day=st.sampled_from([None, 2, 5]))
    def cap(self, which: int, per_day: int | None) -> None:
        account = self.accounts[which]
        account.cap, wanted = per_day, Caps(per_day=per_day)
        outcome = self.do(
            self.driver.use(lambda uow: caps.save_caps(uow.conn, account.id, wanted, user_id=account.id, now=utc_now()))
        )
        self.expect("done", outcome)

    @rule(sweeps=st.booleans())
    def a_day_passes(self, sweeps: bool) -> None:
        self.do(self.driver.grow_older(self.ids, by=DAY))
        for account in self.accounts:
            account.grow_older(by=DAY)
        self.done = [_grown_older(one) for one in self.done]
        if sweeps:
            self.do(expire_grants(open_uow=self.driver.billing.open_uow, now=utc_now(), actor="billing"))
            for account in self.accounts:
                account.coins.sweep()
        self.expect("done", "done")

    @rule()
    def ask_about_the_quiet(self) -> None:
        """A day later nobody has been heard of: every open hold is asked about, in a new round each time."""
        self.nights += 1
        now = utc_now() + DAY + self.nights * timedelta(hours=1)
        outcome = self.do(self.driver.use(lambda uow: question_holds(uow=uow, now=now)))
        said = list[tuple[Account, HoldQuestioned]]()
        for account in self.accounts:
            for subject, hold in account.holds.items():
                if hold.state in {"held", "settling"}:
                    hold.asked_about += 1
                    event = HoldQuestioned(job_id=subject.id, round=hold.asked_about, subject=subject.kind)
                    said.append((account, event))
        self.expect("done", outcome, said)


async def _carry_out(order: Order, account: Account, key: str, uow: UnitOfWork) -> None:
    by = {"workspace_id": account.id, "idempotency_key": key, "uow": uow, "now": utc_now(), "actor": "user:test"}
    match order:
        case GrantRequest():
            await grant_credits(order, **by)  # type: ignore[arg-type]
        case Adjustment():
            await adjust_credits(order, **by)  # type: ignore[arg-type]
        case RefundRequest():
            await refund_credits(order, **by)  # type: ignore[arg-type]


def _grown_older(one: Done) -> Done:
    if not isinstance(one.order, GrantRequest) or one.order.expires_at is None:
        return one
    return replace(one, order=replace(one.order, expires_at=one.order.expires_at - DAY))
