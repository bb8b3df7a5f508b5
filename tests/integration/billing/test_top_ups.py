"""Credits that are bought by themselves: never two at once, never beyond the month's maximum, never by a lost answer twice."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from pydantic import SecretStr

from libs.common.clock import utc_now
from libs.common.contracts.billing import TopUpTurned
from libs.common.errors import Conflict, Invalid, Transient
from libs.common.ids import new_id
from services.billing.clients.stripe.account import KEY_LASTS, Account, Stripe
from services.billing.clients.stripe.top_ups import ToppedUp, TopUpOrder
from services.billing.domain.selling.plans import PriceIds
from services.billing.domain.watching.top_ups import ASK_AGAIN_AFTER, AutoTopUp
from services.billing.repositories.watching import top_ups
from services.billing.use_cases.buy_top_ups import Shop, buy_top_ups
from services.billing.use_cases.list_notices import list_notices
from services.billing.use_cases.note_restore import note_restore
from services.billing.use_cases.set_auto_top_up import set_auto_top_up
from tests.integration.billing.steps import Billing, created

PRICE = 1900
SANDBOX = Account("sandbox", "http://127.0.0.1:9/stripe", SecretStr("sk_test_sandbox"))
PRICE_IDS = PriceIds({"pack_1k": "price_1k"})


@dataclass
class Till:
    """Answers like Stripe: one invoice for one key. `answers` are taken first; a Transient leaves no answer."""

    billing: Billing
    stripe: Stripe
    answers: list[ToppedUp | Transient] = field(default_factory=list[ToppedUp | Transient])
    asked: list[TopUpOrder] = field(default_factory=list[TopUpOrder])

    @property
    def shop(self) -> Shop:
        return Shop(self.stripe, PRICE_IDS, self.buy)

    async def buy(self, order: TopUpOrder, *, stripe: Stripe) -> ToppedUp:
        del stripe
        self.asked.append(order)
        answer = self.answers.pop(0) if self.answers else self.paid(order.id)
        if isinstance(answer, Transient):
            raise answer
        return answer

    @staticmethod
    def paid(order_id: UUID) -> ToppedUp:
        return ToppedUp("paid", "", f"in_{order_id.hex}", PRICE, "eur")

    async def workspace(self, *sizes: int, threshold: int = 50, maximum: int = 3 * PRICE) -> UUID:
        """One with a customer and a rule."""
        workspace_id = await self.billing.workspace(*sizes)
        await self.billing.execute(
            "INSERT INTO billing.stripe_customers (workspace_id, realm, customer_id, asked_at)"
            " VALUES (:id, 'sandbox', :customer, now())",
            id=workspace_id,
            customer=f"cus_{workspace_id.hex}",
        )
        await self.set_rule(workspace_id, threshold=threshold, maximum=maximum)
        return workspace_id

    async def set_rule(self, workspace_id: UUID, *, threshold: int = 50, maximum: int = 3 * PRICE) -> None:
        async with self.billing.open_uow() as uow:
            await set_auto_top_up(
                AutoTopUp(workspace_id, threshold, "1k", maximum),
                account=SANDBOX,
                price_ids=PRICE_IDS,
                user_id=new_id(),
                uow=uow,
                now=utc_now(),
            )

    async def run(self, now: datetime | None = None) -> int:
        return await buy_top_ups(shop=self.shop, open_uow=self.billing.open_uow, now=now or utc_now())

    async def pay_out(self, workspace_id: UUID) -> None:
        """What the paid invoice does."""
        key = f"stripe:in_{self.asked[-1].id.hex}:il_1"
        await self.billing.grant(workspace_id, 1000, key=key)
        await self.billing.execute(
            "UPDATE billing.grants SET business_key = 'grant:' || :key WHERE workspace_id = :id AND size = 1000"
            " AND business_key LIKE '%' || :key",
            key=key,
            id=workspace_id,
        )

    async def turned(self, workspace_id: UUID) -> list[TopUpTurned]:
        said = await self.billing.said(workspace_id)
        return [TopUpTurned.model_validate(data) for type_, data in said if type_ == TopUpTurned.type]

    async def states(self, workspace_id: UUID) -> list[str]:
        query = (
            "SELECT array_agg(state ORDER BY created_at, id) AS states FROM billing.top_ups WHERE workspace_id = :id"
        )
        found: dict[str, Any] = await self.billing.one(query, id=workspace_id)
        return found["states"] or []


@pytest.fixture
async def till(billing: Billing) -> AsyncGenerator[Till]:
    """The pack has its price, and nobody else has a rule."""
    await billing.execute("DELETE FROM billing.auto_top_ups")
    await billing.execute(
        "INSERT INTO billing.stripe_prices (price_id, item, currency, unit_amount_minor, active, live, read_at)"
        " VALUES ('price_1k', 'pack_1k', 'eur', :price, true, false, now()) ON CONFLICT DO NOTHING",
        price=PRICE,
    )
    stripe = Stripe(SANDBOX)
    yield Till(billing, stripe)
    await stripe.close()


async def test_one_pack_is_bought_and_none_more_until_its_credits_have_come(till: Till) -> None:
    """Red when a paid one that has not brought its credits yet is forgotten: the balance is still below."""
    workspace_id = await till.workspace(10)
    assert [await till.run() for _ in range(3)] == [1, 0, 0]
    assert [(one.state, one.credits, one.spent_this_month_minor) for one in await till.turned(workspace_id)] == [
        ("paid", 1000, PRICE)
    ]
    await till.pay_out(workspace_id)
    assert await till.run() == 0
    assert await till.states(workspace_id) == ["credited"]
    await till.billing.deliver(created(new_id(), 1000), workspace_id)
    assert await till.run() == 1


async def test_who_has_enough_buys_nothing(till: Till) -> None:
    await till.workspace(50)
    assert await till.run() == 0


async def test_rules_whose_pack_is_not_sold_hold_up_no_other(till: Till) -> None:
    """Red when each round is filled with rules that can buy nothing: those behind them would never have their turn."""
    for _ in range(10):
        await till.workspace(10)
    await till.billing.execute("UPDATE billing.auto_top_ups SET pack = '100k'")
    workspace_id = await till.workspace(10)
    assert await till.run() == 1
    assert await till.states(workspace_id) == ["paid"]


async def test_of_many_at_once_one_buys(till: Till) -> None:
    """Red when the rule is not locked and nothing keeps a workspace from having two under way."""
    workspace_id = await till.workspace(10)
    await asyncio.gather(*(till.run() for _ in range(8)))
    assert len(till.asked) == 1
    assert await till.states(workspace_id) == ["paid"]


async def test_a_lost_answer_is_asked_for_again_under_the_same_key(till: Till) -> None:
    """Red when a crash between the call and the record buys a second time, or leaves it for ever."""
    workspace_id = await till.workspace(10)
    till.answers = [Transient("Stripe fell silent")]
    assert await till.run() == 1
    assert await till.run() == 0, "somebody may still be at it"
    assert await till.run(utc_now() + ASK_AGAIN_AFTER * 2) == 1
    assert till.asked[0] == till.asked[1]
    assert await till.states(workspace_id) == ["paid"]


async def test_a_question_that_is_too_old_is_not_asked_again(till: Till) -> None:
    """Red when a key that Stripe may have forgotten is used: it would buy a second time."""
    workspace_id = await till.workspace(10)
    till.answers = [Transient("Stripe fell silent")]
    await till.run()
    await till.run(utc_now() + KEY_LASTS * 2)
    assert len(till.asked) == 1
    assert await till.states(workspace_id) == ["failed"]


async def test_a_refusal_turns_it_off_until_a_person_turns_it_on(till: Till) -> None:
    """Red when a card that was refused is charged again and again."""
    workspace_id = await till.workspace(10)
    till.answers = [ToppedUp("declined", "the card was declined", "in_1", PRICE, "eur", "https://pay.example/in_1")]
    assert [await till.run() for _ in range(3)] == [1, 0, 0]
    (failed,) = await till.turned(workspace_id)
    assert (failed.state, failed.reason, failed.pay_url) == (
        "failed",
        "the card was declined",
        "https://pay.example/in_1",
    )
    async with till.billing.open_uow() as uow:
        notices = await list_notices(workspace_id, realm="sandbox", uow=uow, now=utc_now())
    assert [(notice.kind, notice.url) for notice in notices] == [("top_up_off", "https://pay.example/in_1")]
    await till.set_rule(workspace_id)
    assert await till.run() == 1
    assert await till.states(workspace_id) == ["failed", "paid"]


async def test_the_months_maximum_is_told_once_and_the_next_month_has_its_own(till: Till) -> None:
    """Red when the maximum is exceeded, told at every look, or never over."""
    workspace_id = await till.workspace(10, maximum=PRICE + 1)
    await till.run()
    await till.pay_out(workspace_id)
    await till.billing.deliver(created(new_id(), 1000), workspace_id)
    assert [await till.run() for _ in range(3)] == [0, 0, 0]
    assert [one.state for one in await till.turned(workspace_id)] == ["paid", "maximum_reached"]
    async with till.billing.open_uow() as uow:
        notices = await list_notices(workspace_id, realm="sandbox", uow=uow, now=utc_now())
    assert [notice.kind for notice in notices] == ["top_up_maximum"]
    assert await till.run(utc_now() + timedelta(days=32)) == 1


@pytest.mark.parametrize("bought", [1, 0], ids=["this month", "ever"])
async def test_what_tax_makes_too_dear_waits_for_a_month_in_which_it_is_not(till: Till, bought: int) -> None:
    """Red when a maximum that is only used up turns the rule off, or one that is never enough does not."""
    workspace_id = await till.workspace(10)
    for _ in range(bought):
        await till.run()
        await till.pay_out(workspace_id)
        await till.billing.deliver(created(new_id(), 1000), workspace_id)
    till.answers = [ToppedUp("too_much", "with tax it costs more", "in_9", 3 * PRICE, "eur")]
    assert [await till.run() for _ in range(3)] == [1, 0, 0]
    assert [one.state for one in await till.turned(workspace_id)][bought:] == [
        "maximum_reached" if bought else "failed"
    ]
    assert await till.run(utc_now() + timedelta(days=32)) == bought


async def test_a_record_that_is_written_twice_counts_once(till: Till) -> None:
    """Red when two who were answered both announce it."""
    workspace_id = await till.workspace(10)
    await till.run()
    async with till.billing.open_uow() as uow:
        orders = await top_ups.claim_unanswered(uow.conn, now=utc_now(), asked_before=utc_now(), limit=9)
    assert orders == []
    assert len(await till.turned(workspace_id)) == 1


async def test_a_rule_that_cannot_work_is_refused(till: Till) -> None:
    """Red when a maximum below the price, or a pack without one, is taken."""
    workspace_id = await till.workspace(10)
    for wanted, code in (
        (AutoTopUp(workspace_id, 50, "1k", PRICE - 1), "maximum_too_low"),
        (AutoTopUp(workspace_id, 50, "5k", PRICE), "pack_not_sold"),
        (AutoTopUp(workspace_id, 50, "7k", PRICE), "pack_unknown"),
        (AutoTopUp(workspace_id, 0, "1k", PRICE), "threshold_too_low"),
    ):
        with pytest.raises(Invalid) as refused:
            async with till.billing.open_uow() as uow:
                await set_auto_top_up(
                    wanted, account=SANDBOX, price_ids=PRICE_IDS, user_id=new_id(), uow=uow, now=utc_now()
                )
        assert refused.value.code == code
    with pytest.raises(Conflict) as unsold:
        async with till.billing.open_uow() as uow:
            await set_auto_top_up(
                AutoTopUp(workspace_id, 50, "1k", PRICE),
                account=Account("self_hosted"),
                price_ids=PRICE_IDS,
                user_id=new_id(),
                uow=uow,
                now=utc_now(),
            )
    assert unsold.value.code == "self_hosted"


async def test_nothing_is_bought_after_a_restore_until_a_person_says_so(till: Till) -> None:
    """Red when a rule stays on: what was bought since that moment is not in the data, and would be bought again."""
    workspace_id = await till.workspace(10)
    assert "1 automatic top-ups are off" in await note_restore(till.billing.open_uow, utc_now())
    assert await till.run() == 0
    async with till.billing.open_uow() as uow:
        notices = await list_notices(workspace_id, realm="sandbox", uow=uow, now=utc_now())
    (text,) = [notice.text for notice in notices if notice.kind == "top_up_off"]
    assert text.startswith("Automatic top-up is off, because Corofy was restored from a backup of ")
    assert "failed" not in text
    await till.set_rule(workspace_id)
    assert await till.run() == 1
