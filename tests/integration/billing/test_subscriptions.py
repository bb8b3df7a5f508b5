"""A subscription's state at Stripe becomes ours: once, in any order, with what the workspace may do because of it."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any
from uuid import UUID

import pytest

from libs.common.contracts.gateway import WorkspaceCreated
from libs.common.errors import Conflict
from libs.common.ids import new_id
from services.billing import plan_handlers
from services.billing.clients.stripe.account import Account
from services.billing.clients.stripe.subscriptions import fetch_subscription
from services.billing.domain.selling.plans import FREE, PLANS, UNLIMITED
from services.billing.domain.selling.subscriptions import Status
from services.billing.repositories.selling import subscriptions
from services.billing.use_cases.renew_entitlements import renew_all_entitlements
from tests.integration.billing.shop import (
    ACCOUNT,
    DECLINED_ONCE_KEPT,
    GOOD_CARD,
    Shop,
    open_shop,
)
from tests.integration.billing.steps import Billing, message_of


@pytest.fixture(scope="module")
async def shop(billing: Billing) -> AsyncGenerator[Shop]:
    async with open_shop(billing) as opened:
        yield opened


async def said(shop: Shop, workspace_id: UUID, kind: str) -> list[dict[str, Any]]:
    return [data for type_, data in await shop.billing.said(workspace_id) if type_ == f"billing.{kind}"]


async def renew(shop: Shop, account: Account = ACCOUNT) -> int:
    return await renew_all_entitlements(account=account, open_uow=shop.billing.open_uow, now=shop.now)


async def test_a_new_workspace_may_do_what_the_free_plan_allows_and_is_told_once(shop: Shop) -> None:
    """Delivered twice, past the inbox. Red when each delivery raises the version."""
    workspace_id = new_id()
    event = WorkspaceCreated(workspace_id=workspace_id, name="A", owner_user_id=new_id())
    for _ in range(2):
        async with shop.billing.open_uow() as uow:
            message = message_of(event, workspace_id)
            await plan_handlers.entitle_workspace(event, uow=uow, message=message, account=ACCOUNT)
    found = await shop.entitled(workspace_id)
    assert found is not None
    assert (found.version, found.plan, found.entitlements) == (1, "free", FREE)
    told = await said(shop, workspace_id, "entitlements.changed")
    assert [(one["entitlements_version"], one["rows_per_job"]) for one in told] == [(1, FREE.rows_per_job)]


async def test_a_plan_that_was_bought_is_applied_once(shop: Shop) -> None:
    """Red when applying again announces again."""
    workspace_id, subscription_id = await shop.subscribed("growth_month", trial=True)
    for _ in range(3):
        await shop.apply(subscription_id)
    found = await shop.entitled(workspace_id)
    assert found is not None
    assert (found.plan, found.entitlements) == ("growth", PLANS["growth"].entitlements)
    changed = await said(shop, workspace_id, "subscription.changed")
    assert [(one["plan"], one["interval"], one["status"]) for one in changed] == [("growth", "month", "trialing")]
    assert len(await said(shop, workspace_id, "entitlements.changed")) == 1


async def test_thirty_at_once_apply_once(shop: Shop) -> None:
    """Red when whoever records does not take turns."""
    workspace_id = new_id()
    subscription_id = await shop.subscribe(workspace_id)
    await asyncio.gather(*(shop.apply(subscription_id) for _ in range(30)))
    assert len(await said(shop, workspace_id, "subscription.changed")) == 1
    assert len(await said(shop, workspace_id, "entitlements.changed")) == 1


async def test_an_older_answer_never_replaces_a_later_one(shop: Shop) -> None:
    """Red when the number of the fetch is not compared."""
    workspace_id, subscription_id = await shop.subscribed(trial=True)
    async with shop.billing.open_uow() as uow:
        number = await subscriptions.next_fetch(uow.conn)
    old = await fetch_subscription(subscription_id, stripe=shop.stripe)
    with shop.stripe.asking("test") as client:
        await client.v1.subscriptions.cancel_async(subscription_id)
    await shop.apply(subscription_id)
    async with shop.billing.open_uow() as uow:
        written = await subscriptions.save_subscription(
            uow.conn,
            old,
            workspace_id=workspace_id,
            realm="sandbox",
            item=None,
            pending=None,
            unpaid=None,
            dunning_since=None,
            fetch_no=number,
            fetched_at=shop.now,
        )
    assert not written
    assert [one.status for one in await shop.on_record(workspace_id)] == [Status.CANCELED]


async def test_a_subscription_of_somebody_who_is_no_customer_of_ours_is_refused(shop: Shop) -> None:
    """Red when a customer at Stripe could be made to stand for any workspace."""
    with shop.stripe.asking("test") as client:
        stranger = await client.v1.customers.create_async({"metadata": {"workspace_id": str(new_id())}})
        made = await client.v1.subscriptions.create_async(
            {"customer": stranger.id, "items": [{"price": "price_sandbox_scale_yearly"}], "trial_period_days": 5}
        )
    with pytest.raises(Conflict) as refused:
        await shop.apply(made.id)
    assert refused.value.code == "stripe_customer_unknown"


async def test_of_two_subscriptions_the_better_plan_counts_until_it_ends(shop: Shop) -> None:
    workspace_id, first = await shop.subscribed("starter_month", trial=True)
    customer = (await shop.on_record(workspace_id))[0].customer_id
    with shop.stripe.asking("test") as client:
        second = await client.v1.subscriptions.create_async(
            {"customer": customer, "items": [{"price": "price_sandbox_scale_monthly"}], "trial_period_days": 5}
        )
    await shop.apply(second.id)
    await shop.apply(first)
    assert (found := await shop.entitled(workspace_id)) is not None
    assert found.plan == "scale"
    async with shop.billing.open_uow() as uow:
        assert await subscriptions.doubled_workspaces(uow.conn, realm="sandbox") == 1
    with shop.stripe.asking("test") as client:
        await client.v1.subscriptions.cancel_async(second.id)
    await shop.apply(second.id)
    assert (found := await shop.entitled(workspace_id)) is not None
    assert found.plan == "starter"
    changed = await said(shop, workspace_id, "subscription.changed")
    assert [one["plan"] for one in changed] == ["starter", "scale", "starter"]


async def test_a_payment_that_fails_is_told_once_per_attempt_and_the_plan_stays_for_a_week(shop: Shop) -> None:
    """Red when each look at it tells again, or the plan goes at once or never."""
    workspace_id, subscription_id = await shop.subscribed("growth_month")
    customer = (await shop.on_record(workspace_id))[0].customer_id
    await shop.use_card(customer, DECLINED_ONCE_KEPT)
    await shop.advance_to_renewal(workspace_id)
    first = (await shop.apply(subscription_id)).subscription
    await shop.apply(subscription_id)
    assert first.status is Status.PAST_DUE
    failed = await said(shop, workspace_id, "payment.failed")
    assert [(one["tried"], one["amount_minor"], one["pay_url"]) for one in failed] == [(1, 14_900, first.pay_url)]
    assert "declined" in failed[0]["reason"]
    await shop.advance(days=6)
    later = await shop.apply(subscription_id)
    assert later.found.failure is not None
    assert later.subscription.dunning_since == first.dunning_since
    failed = await said(shop, workspace_id, "payment.failed")
    assert [one["tried"] for one in failed] == [1, later.found.failure.attempts]
    await renew(shop)
    assert (found := await shop.entitled(workspace_id)) is not None
    assert found.plan == "growth"
    await shop.advance(days=1, hours=3)
    await renew(shop)
    assert (found := await shop.entitled(workspace_id)) is not None
    assert found.plan == "free"


async def test_the_attempt_that_ends_a_plan_is_told_by_its_end_alone(shop: Shop) -> None:
    """Red when people are told to pay to keep what is over already."""
    workspace_id, subscription_id = await shop.subscribed("growth_month")
    customer = (await shop.on_record(workspace_id))[0].customer_id
    await shop.use_card(customer, DECLINED_ONCE_KEPT)
    await shop.advance_to_renewal(workspace_id)
    await shop.apply(subscription_id)
    await shop.advance(days=8)
    ended = await shop.apply(subscription_id)
    assert (ended.subscription.status, ended.found.failure is None) == (Status.CANCELED, False)
    assert [one["tried"] for one in await said(shop, workspace_id, "payment.failed")] == [1]


async def test_paying_the_open_invoice_brings_the_plan_back(shop: Shop) -> None:
    workspace_id, subscription_id = await shop.subscribed("starter_month")
    customer = (await shop.on_record(workspace_id))[0].customer_id
    await shop.use_card(customer, DECLINED_ONCE_KEPT)
    await shop.advance_to_renewal(workspace_id)
    overdue = (await shop.apply(subscription_id)).subscription
    assert overdue.status is Status.PAST_DUE
    assert overdue.pay_url is not None
    await shop.pay(overdue.pay_url, card=GOOD_CARD)
    paid = (await shop.apply(subscription_id)).subscription
    assert (paid.status, paid.dunning_since, paid.pay_url) == (Status.ACTIVE, None, None)
    assert (found := await shop.entitled(workspace_id)) is not None
    assert found.plan == "starter"


async def test_another_mode_or_catalogue_renews_what_every_workspace_may_do(shop: Shop) -> None:
    """Red when a workspace keeps the limits of a plan that the installation does not sell any more."""
    workspace_id = await shop.billing.workspace(1)
    await renew(shop)
    assert await renew(shop) == 0
    self_hosted = Account("self_hosted")
    assert await renew(shop, self_hosted) > 0
    found = await shop.entitled(workspace_id)
    assert found is not None
    assert (found.version, found.plan, found.entitlements) == (2, "self_hosted", UNLIMITED)
    await renew(shop)
    await shop.billing.execute(
        "UPDATE billing.entitlements SET mailboxes = 77 WHERE workspace_id = :id", id=workspace_id
    )
    assert await renew(shop) == 1
    assert (found := await shop.entitled(workspace_id)) is not None
    assert (found.version, found.entitlements) == (4, FREE)
