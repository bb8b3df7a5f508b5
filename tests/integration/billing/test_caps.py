"""Spend caps on real tables: what counts, when, for whom, and what two at once may do."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from libs.common.clock import utc_now
from libs.common.contracts.ingest import JobCreated
from libs.common.ids import new_id
from services.billing.domain.watching.caps import Caps, Spent, periods_at
from services.billing.repositories.watching import caps as repository
from services.billing.repositories.watching import member_caps
from services.billing.repositories.watching.member_caps import MemberCap
from tests.integration.billing.deliveries import Replica, delivery
from tests.integration.billing.steps import Billing, completed, created, ended, lowered, raised
from tests.support.clock import where_it_is_noon


def ordered(job_id: UUID, credits_: int, *, user_id: UUID) -> JobCreated:
    return JobCreated(job_id=job_id, credits=credits_, price_version=1, user_id=user_id)


async def capped(billing: Billing, caps: Caps, *, size: int = 1000) -> UUID:
    workspace_id = await billing.workspace(size)
    async with billing.open_uow() as uow:
        await repository.note_time_zone(uow.conn, workspace_id, time_zone=where_it_is_noon())
        await repository.save_caps(uow.conn, workspace_id, caps, user_id=new_id(), now=utc_now())
    return workspace_id


async def answers(billing: Billing, workspace_id: UUID) -> list[dict[str, Any]]:
    said = await billing.said(workspace_id)
    return [data for type_, data in said if type_.startswith("billing.hold.")]


async def spent(billing: Billing, workspace_id: UUID, *, now: datetime, user_id: UUID | None = None) -> Spent:
    periods = periods_at(now, time_zone=where_it_is_noon())
    async with billing.open_uow() as uow:
        return await repository.count_spent(uow.conn, workspace_id, periods=periods, user_id=user_id)


async def test_the_days_cap_counts_what_is_held_or_captured_and_not_what_was_released(billing: Billing) -> None:
    """Red when released credits count, or captured ones do not."""
    workspace_id, first = await capped(billing, Caps(per_day=10)), new_id()
    await billing.deliver(created(first, 8), workspace_id)
    await billing.deliver(completed(first, 0, 3), workspace_id)
    await billing.deliver(created(new_id(), 3), workspace_id)
    declined = (await answers(billing, workspace_id))[-1]
    assert (declined["reason"], declined["available"], declined["needed"]) == ("cap_day", 2, 3)
    await billing.deliver(ended(first, 3), workspace_id)
    await billing.deliver(created(new_id(), 7), workspace_id)
    assert (await answers(billing, workspace_id))[-1]["credits"] == 7


async def test_a_declined_hold_is_told_the_same_reason_again_whatever_the_caps_are_then(billing: Billing) -> None:
    """Red when the reason is not kept."""
    workspace_id, job_id = await capped(billing, Caps(per_month=1)), new_id()
    await billing.deliver(created(job_id, 2), workspace_id)
    async with billing.open_uow() as uow:
        await repository.save_caps(uow.conn, workspace_id, Caps(), user_id=new_id(), now=utc_now())
    await billing.deliver(created(job_id, 2), workspace_id)
    first, again = await answers(billing, workspace_id)
    assert first == again
    assert again["reason"] == "cap_month"


async def test_a_member_who_has_spent_their_part_leaves_the_others_theirs(billing: Billing) -> None:
    """Red when a hold is written without its member."""
    workspace_id, one, other = await capped(billing, Caps(per_member=5)), new_id(), new_id()
    for user_id, credits_ in ((one, 5), (one, 1), (other, 5)):
        await billing.deliver(ordered(new_id(), credits_, user_id=user_id), workspace_id)
    await billing.deliver(created(new_id(), 50), workspace_id)
    said = await answers(billing, workspace_id)
    assert [one.get("reason", "placed") for one in said] == ["placed", "cap_member", "placed", "placed"]


async def own_cap(billing: Billing, workspace_id: UUID, user_id: UUID, per_month: int | None) -> None:
    async with billing.open_uow() as uow:
        cap = MemberCap(user_id, per_month)
        await member_caps.save_own_cap(uow.conn, workspace_id, cap, set_by=new_id(), now=utc_now())


async def test_a_member_with_a_cap_of_their_own_has_that_one_higher_or_lower_or_none(billing: Billing) -> None:
    """Red when a member's own cap is not asked for, holds for the others, or none of their own counts as none set."""
    workspace_id = await capped(billing, Caps(per_member=5))
    lower, higher, free, other = (new_id() for _ in range(4))
    for user_id, per_month in ((lower, 2), (higher, 9), (free, None)):
        await own_cap(billing, workspace_id, user_id, per_month)
    for user_id, credits_ in ((lower, 3), (lower, 2), (higher, 9), (higher, 1), (free, 50), (other, 6), (other, 5)):
        await billing.deliver(ordered(new_id(), credits_, user_id=user_id), workspace_id)
    said = [(one.get("reason", "placed"), one.get("available")) for one in await answers(billing, workspace_id)]
    placed = ("placed", None)
    assert said == [("cap_member", 2), placed, placed, ("cap_member", 0), placed, ("cap_member", 5), placed]


async def test_a_members_own_cap_holds_where_nothing_else_is_set_and_in_a_batch(billing: Billing) -> None:
    """Red when a workspace is taken for one without caps because only a member has one."""
    workspace_id, user_id = await billing.workspace(100), new_id()
    await own_cap(billing, workspace_id, user_id, 10)
    orders = [delivery(ordered(new_id(), 4, user_id=user_id), workspace_id) for _ in range(5)]
    assert await Replica("billing.place_hold", billing.open_uow).hear(*orders) == ["acked"] * 5
    assert (await billing.balance(workspace_id)).held == 8
    async with billing.open_uow() as uow:
        await member_caps.remove_own_cap(uow.conn, workspace_id, user_id)
    await billing.deliver(ordered(new_id(), 20, user_id=user_id), workspace_id)
    assert (await billing.balance(workspace_id)).held == 28


async def test_a_workspaces_cap_holds_for_who_has_none_of_their_own(billing: Billing) -> None:
    """Red when a member's own cap takes the workspace's caps away."""
    workspace_id, user_id = await capped(billing, Caps(per_day=3, per_member=1)), new_id()
    await own_cap(billing, workspace_id, user_id, None)
    await billing.deliver(ordered(new_id(), 4, user_id=user_id), workspace_id)
    assert (await answers(billing, workspace_id))[-1]["reason"] == "cap_day"


async def test_a_raise_counts_on_the_day_of_the_raise_and_what_was_kept_is_of_the_earliest_part_first(
    billing: Billing,
) -> None:
    """Red when raises count nowhere, or at the time of their hold."""
    workspace_id, job_id, now = await billing.workspace(100), new_id(), datetime.now(UTC)
    await billing.deliver(created(job_id, 6), workspace_id)
    await billing.execute(
        "UPDATE billing.holds SET created_at = :at WHERE subject_id = :id", at=now - timedelta(days=40), id=job_id
    )
    await billing.deliver(raised(job_id, 1, 10), workspace_id)
    assert await spent(billing, workspace_id, now=now) == Spent(day=4, month=4)
    await billing.deliver(completed(job_id, 0, 7), workspace_id)
    await billing.deliver(ended(job_id, 7), workspace_id)
    assert await spent(billing, workspace_id, now=now) == Spent(day=1, month=1)
    assert await spent(billing, workspace_id, now=now - timedelta(days=40)) == Spent(day=7, month=7)


async def test_what_a_hold_gave_back_and_was_raised_by_again_counts_once(billing: Billing) -> None:
    """Red when a raise after a lowering counts what the placing counts already: the cap would refuse too early."""
    workspace_id, job_id, now = await billing.workspace(100), new_id(), datetime.now(UTC)
    await billing.deliver(created(job_id, 4), workspace_id)
    await billing.deliver(lowered(job_id, 1, 2), workspace_id)
    for round_no, credits_ in ((2, 5), (3, 6)):
        await billing.deliver(raised(job_id, round_no, credits_, after=1), workspace_id)
    assert await spent(billing, workspace_id, now=now) == Spent(day=6, month=6)


async def test_a_raise_cannot_get_around_the_cap(billing: Billing) -> None:
    """Red when raising does not look at the caps."""
    workspace_id, job_id = await capped(billing, Caps(per_day=10)), new_id()
    await billing.deliver(created(job_id, 8), workspace_id)
    await billing.deliver(raised(job_id, 1, 11), workspace_id)
    declined = (await answers(billing, workspace_id))[-1]
    assert (declined["reason"], declined["available"], declined["needed"]) == ("cap_day", 2, 3)
    await billing.deliver(raised(job_id, 2, 10), workspace_id)
    assert (await answers(billing, workspace_id))[-1]["credits"] == 10


async def test_of_many_holds_at_once_as_many_succeed_as_the_cap_leaves(billing: Billing) -> None:
    """Red when the caps are counted before the account is locked."""
    workspace_id = await capped(billing, Caps(per_day=20))
    await asyncio.gather(*(billing.deliver(created(new_id(), 4), workspace_id) for _ in range(12)))
    said = await answers(billing, workspace_id)
    assert sorted(one.get("reason", "placed") for one in said) == ["cap_day"] * 7 + ["placed"] * 5
    assert (await billing.balance(workspace_id)).held == 20


async def test_credits_that_were_held_before_today_leave_todays_cap_whole(billing: Billing) -> None:
    workspace_id = await capped(billing, Caps(per_day=5))
    await billing.deliver(created(new_id(), 5), workspace_id)
    await billing.execute(
        "UPDATE billing.holds SET created_at = now() - interval '26 hours' WHERE workspace_id = :id", id=workspace_id
    )
    await billing.deliver(created(new_id(), 5), workspace_id)
    assert "reason" not in (await answers(billing, workspace_id))[-1]
