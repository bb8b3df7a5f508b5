"""Every handler delivered twice, and again with the inbox emptied in between: one effect each."""

from functools import partial
from uuid import UUID

import pytest

from libs.common.contracts.envelope import Event
from libs.common.contracts.gateway import WorkspaceChanged, WorkspaceCreated
from libs.common.contracts.ingest import JobCancelled, JobCompleted, JobFailed, JobParked, JobPaused, JobResumed
from libs.common.errors import Conflict, Transient
from libs.common.ids import new_id
from libs.common.uow import Message
from services.billing import handlers, plan_handlers, sourcing_handlers
from services.billing.domain.credits.ledger import Balance
from tests.integration.billing.steps import HANDLERS, Billing, completed, created, ended, lowered, message_of, raised
from tests.support.envelopes import envelope_of

ENDS = (JobCompleted, JobFailed, JobCancelled)


async def twice_and_again(billing: Billing, event: Event, workspace_id: UUID) -> None:
    """As the bus edge does it: the inbox row in the handler's transaction; then the inbox is emptied, and once more."""
    message = message_of(event, workspace_id)
    for emptied in (False, False, True):
        async with billing.open_uow() as uow:
            if emptied:
                await uow.conn.execute(billing.open_uow.tables.inbox.delete())
            if await uow.record_inbox(message):
                await HANDLERS[type(event)](event, uow=uow, message=message)


def test_every_handler_is_tested_here() -> None:
    subscriptions = [*handlers.subscriptions(), *sourcing_handlers.subscriptions()]
    names = {subscription.queue for subscription in subscriptions}
    assert names == {f"billing.{getattr(handler, '__name__', '')}" for handler in HANDLERS.values()}
    listened = {event for subscription in subscriptions for event in subscription.events}
    assert listened == set(HANDLERS)


async def test_a_workspace_gets_one_account(billing: Billing) -> None:
    workspace_id = new_id()
    event = WorkspaceCreated(workspace_id=workspace_id, name="Acme", owner_user_id=new_id())
    await twice_and_again(billing, event, workspace_id)
    assert await billing.balance(workspace_id) == Balance()
    assert await billing.one("SELECT version FROM billing.accounts WHERE workspace_id = :id", id=workspace_id) == {
        "version": 0
    }


async def test_a_newcomers_workspace_gets_trial_credits_once(billing: Billing, monkeypatch: pytest.MonkeyPatch) -> None:
    """Red when they are given again to who leaves and comes back as a message, or to a workspace that a person makes."""
    monkeypatch.setitem(HANDLERS, WorkspaceCreated, partial(handlers.open_account, trial_credits=100))
    newcomers, made = new_id(), new_id()
    first = WorkspaceCreated(workspace_id=newcomers, name="Acme", owner_user_id=new_id(), for_newcomer=True)
    await twice_and_again(billing, first, newcomers)
    await twice_and_again(billing, WorkspaceCreated(workspace_id=made, name="B", owner_user_id=new_id()), made)
    assert [await billing.balance(one) for one in (newcomers, made)] == [Balance(available=100), Balance()]
    assert len(await billing.movements(newcomers)) == 1


async def test_an_account_that_has_credits_already_keeps_them(billing: Billing) -> None:
    workspace_id = await billing.workspace(5)
    event = WorkspaceCreated(workspace_id=workspace_id, name="Acme", owner_user_id=new_id())
    await twice_and_again(billing, event, workspace_id)
    assert await billing.balance(workspace_id) == Balance(available=5)


async def test_a_repeated_request_gets_the_first_answer_again_and_holds_once(billing: Billing) -> None:
    """Red when the hold's key (`hold_key`) or the natural key behind the inbox (`natural_key`) is removed."""
    workspace_id, job_id = await billing.workspace(10), new_id()
    await twice_and_again(billing, created(job_id, 4), workspace_id)
    assert await billing.balance(workspace_id) == Balance(available=6, held=4)
    placed = [data for type_, data in await billing.said(workspace_id) if type_ == "billing.hold.placed"]
    assert placed == [{"job_id": str(job_id), "credits": 4, "subject": "job"}] * 2


async def test_a_repeated_decline_names_the_same_numbers_and_stays_when_credits_arrive(billing: Billing) -> None:
    """Red when the decline is not kept (`decline_key`)."""
    workspace_id, job_id = await billing.workspace(3), new_id()
    await billing.deliver(created(job_id, 4), workspace_id)
    await billing.grant(workspace_id, 100)
    await twice_and_again(billing, created(job_id, 4), workspace_id)
    assert await billing.balance(workspace_id) == Balance(available=103)
    declined = [data for type_, data in await billing.said(workspace_id) if type_ == "billing.hold.declined"]
    said = {"job_id": str(job_id), "needed": 4, "available": 3, "subject": "job", "reason": "credits"}
    assert declined == [said] * 3


async def test_a_chunk_is_charged_once(billing: Billing) -> None:
    """Red when the capture's key (`capture_key`) is removed."""
    workspace_id, job_id = await billing.workspace(10), new_id()
    await billing.deliver(created(job_id, 8), workspace_id)
    await twice_and_again(billing, completed(job_id, 0, 3), workspace_id)
    assert await billing.balance(workspace_id) == Balance(available=2, held=5, spent=3)
    captured = [data for type_, data in await billing.said(workspace_id) if type_ == "billing.credits.captured"]
    assert captured == [{"job_id": str(job_id), "credits": 3, "available": 2}]


@pytest.mark.parametrize("kind", ENDS)
async def test_an_end_releases_once(billing: Billing, kind: type[JobCompleted | JobFailed | JobCancelled]) -> None:
    """Red when `settling` is removed: the second chunk comes after the end and is still charged."""
    workspace_id, job_id = await billing.workspace(10), new_id()
    await billing.deliver(created(job_id, 8), workspace_id)
    await billing.deliver(completed(job_id, 0, 3), workspace_id)
    await twice_and_again(billing, ended(job_id, 5, kind=kind), workspace_id)
    assert await billing.balance(workspace_id) == Balance(available=5, settling=2, spent=3)
    released = [data for type_, data in await billing.said(workspace_id) if type_ == "billing.credits.released"]
    assert released == [{"job_id": str(job_id), "credits": 3, "available": 5}]
    await twice_and_again(billing, completed(job_id, 1, 2), workspace_id)
    assert await billing.balance(workspace_id) == Balance(available=5, spent=5)
    assert (await billing.hold(job_id))["state"] == "closed"


async def test_an_end_before_the_request_leaves_a_tombstone_that_nobody_is_answered_from(billing: Billing) -> None:
    """Red when `tombstone` is removed."""
    workspace_id, job_id = await billing.workspace(10), new_id()
    await twice_and_again(billing, ended(job_id, 0, kind=JobCancelled), workspace_id)
    await twice_and_again(billing, created(job_id, 8), workspace_id)
    assert await billing.balance(workspace_id) == Balance(available=10)
    assert [type_ for type_, _ in await billing.said(workspace_id)] == ["billing.credits.granted"]


@pytest.mark.parametrize("kind", [JobPaused, JobParked, JobResumed])
async def test_a_jobs_state_moves_the_time_it_was_heard_of_and_nothing_else(
    billing: Billing, kind: type[JobPaused | JobParked | JobResumed]
) -> None:
    workspace_id, job_id = await billing.workspace(10), new_id()
    await billing.deliver(created(job_id, 8), workspace_id)
    before = await billing.hold(job_id)
    await twice_and_again(billing, kind(job_id=job_id, job_version=2), workspace_id)
    after = await billing.hold(job_id)
    assert after["last_heard_at"] > before["last_heard_at"]
    assert {**after, "last_heard_at": None} == {**before, "last_heard_at": None}


async def test_a_jobs_state_before_its_hold_is_no_harm(billing: Billing) -> None:
    workspace_id = await billing.workspace(10)
    await twice_and_again(billing, JobPaused(job_id=new_id(), job_version=2), workspace_id)
    assert await billing.balance(workspace_id) == Balance(available=10)


async def test_a_raise_holds_once_and_its_answer_is_repeated(billing: Billing) -> None:
    """Red when the raise's key is removed: the second delivery would set credits aside again."""
    workspace_id, job_id = await billing.workspace(10), new_id()
    await billing.deliver(created(job_id, 4), workspace_id)
    await twice_and_again(billing, raised(job_id, 1, 7), workspace_id)
    assert await billing.balance(workspace_id) == Balance(available=3, held=7)
    answers = [data for type_, data in await billing.said(workspace_id) if type_ == "billing.hold.raised"]
    assert answers == [{"job_id": str(job_id), "round": 1, "credits": 7}] * 2
    assert await billing.movements(workspace_id) == [
        *(await billing.movements(workspace_id))[:1],
        f"hold:job:{job_id}",
        f"raise:job:{job_id}:1",
    ]


async def test_a_lowering_releases_once(billing: Billing) -> None:
    """Red when the lowering's key is removed: after a raise the second delivery would release again."""
    workspace_id, job_id = await billing.workspace(10), new_id()
    await billing.deliver(created(job_id, 8), workspace_id)
    await billing.deliver(completed(job_id, 0, 2), workspace_id)
    await twice_and_again(billing, lowered(job_id, 1, 5), workspace_id)
    assert await billing.balance(workspace_id) == Balance(available=5, held=3, spent=2)
    await billing.deliver(raised(job_id, 2, 7, after=1), workspace_id)
    await billing.deliver(lowered(job_id, 1, 5), workspace_id)
    assert await billing.balance(workspace_id) == Balance(available=3, held=5, spent=2)
    released = [data for kind, data in await billing.said(workspace_id) if kind == "billing.credits.released"]
    assert [(one["credits"], one["available"]) for one in released] == [(3, 5)]
    assert [key for key in await billing.movements(workspace_id) if "lower" in key] == [f"lower:job:{job_id}:1"]
    assert all(check.holds for check in await billing.proof(workspace_id))
    with pytest.raises(Conflict) as refused:
        await billing.deliver(lowered(job_id, 1, 4), workspace_id)
    assert refused.value.code == "lower_conflict"


async def test_a_raise_waits_for_the_lowering_before_it(billing: Billing) -> None:
    """Red when a raise that overtakes it is answered with what the job must not spend any more."""
    workspace_id, job_id = await billing.workspace(10), new_id()
    await billing.deliver(created(job_id, 8), workspace_id)
    with pytest.raises(Transient) as waits:
        await billing.deliver(raised(job_id, 2, 6, after=1), workspace_id)
    assert waits.value.code == "hold_not_lowered"
    await billing.deliver(lowered(job_id, 1, 3), workspace_id)
    await billing.deliver(raised(job_id, 2, 6, after=1), workspace_id)
    assert await billing.balance(workspace_id) == Balance(available=4, held=6)


async def test_a_hold_is_not_lowered_below_what_is_charged(billing: Billing) -> None:
    workspace_id, job_id = await billing.workspace(10), new_id()
    with pytest.raises(Transient):
        await billing.deliver(lowered(job_id, 1, 3), workspace_id)
    await billing.deliver(created(job_id, 8), workspace_id)
    await billing.deliver(completed(job_id, 0, 5), workspace_id)
    with pytest.raises(Conflict) as refused:
        await billing.deliver(lowered(job_id, 1, 3), workspace_id)
    assert refused.value.code == "lower_below_capture"
    await billing.deliver(ended(job_id, 5), workspace_id)
    await billing.deliver(lowered(job_id, 1, 6), workspace_id)
    assert await billing.balance(workspace_id) == Balance(available=5, spent=5)


async def test_a_declined_raise_stays_declined_when_credits_arrive(billing: Billing) -> None:
    """A later round is another question. Red when the decline is not kept, or lets go of what is held."""
    workspace_id, job_id = await billing.workspace(5), new_id()
    await billing.deliver(created(job_id, 4), workspace_id)
    await billing.deliver(raised(job_id, 1, 7), workspace_id)
    await billing.grant(workspace_id, 100)
    await twice_and_again(billing, raised(job_id, 1, 7), workspace_id)
    assert await billing.balance(workspace_id) == Balance(available=101, held=4)
    answers = [data for type_, data in await billing.said(workspace_id) if type_ == "billing.hold.raise_declined"]
    assert answers == [{"job_id": str(job_id), "round": 1, "needed": 3, "available": 1, "reason": "credits"}] * 3
    await billing.deliver(raised(job_id, 2, 7), workspace_id)
    assert await billing.balance(workspace_id) == Balance(available=98, held=7)


async def test_a_round_that_asks_for_something_else_is_a_named_conflict(billing: Billing) -> None:
    """Red when a round's answer is given whatever it asks for."""
    workspace_id, job_id = await billing.workspace(10), new_id()
    await billing.deliver(created(job_id, 4), workspace_id)
    await billing.deliver(raised(job_id, 1, 7), workspace_id)
    with pytest.raises(Conflict) as refused:
        await billing.deliver(raised(job_id, 1, 8), workspace_id)
    assert refused.value.code == "raise_conflict"


async def test_a_job_that_takes_less_gets_whole_rows_and_the_same_again(billing: Billing) -> None:
    """With a step the greatest multiple that is available is held; 0 is a decline. Red when the step is not looked at, or
    the second answer names what was asked for."""
    workspace_id, job_id = await billing.workspace(8), new_id()
    event = created(job_id, 20).model_copy(update={"credits_step": 3})
    await billing.deliver(event, workspace_id)
    await billing.grant(workspace_id, 100)
    await twice_and_again(billing, event, workspace_id)
    assert await billing.balance(workspace_id) == Balance(available=102, held=6)
    placed = [data for type_, data in await billing.said(workspace_id) if type_ == "billing.hold.placed"]
    assert [data["credits"] for data in placed] == [6, 6, 6]
    poor = await billing.workspace(2)
    await billing.deliver(created(new_id(), 20).model_copy(update={"credits_step": 3}), poor)
    assert [type_ for type_, _ in await billing.said(poor)][-1] == "billing.hold.declined"


async def test_a_workspaces_day_is_the_newest_that_was_told_in_whatever_order(billing: Billing) -> None:
    """Red when an older zone replaces a newer one, or the first one stays; or when `workspaces.version` is not looked at."""
    workspace_id = new_id()
    opened = WorkspaceCreated(workspace_id=workspace_id, name="Acme", owner_user_id=new_id(), time_zone="Asia/Tokyo")
    told = [(3, "America/New_York"), (2, "Europe/Berlin"), (3, "America/New_York")]
    changes = [
        WorkspaceChanged(workspace_id=workspace_id, workspace_version=version, name="Acme", time_zone=zone)
        for version, zone in told
    ]
    for event in changes:
        message = Message("billing.note_workspace", envelope_of(event, workspace_id))
        async with billing.open_uow() as uow:
            await plan_handlers.note_workspace(event, uow=uow, message=message)
    await twice_and_again(billing, opened, workspace_id)
    found = await billing.one("SELECT time_zone FROM billing.workspaces WHERE workspace_id = :id", id=workspace_id)
    assert found == {"time_zone": "America/New_York"}
