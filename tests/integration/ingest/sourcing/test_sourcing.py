"""Leads from Apollo's stand-in: searched, revealed, charged, delivered; and nothing of it twice."""

import asyncio
from datetime import timedelta

import pytest

from libs.common.clock import utc_now
from libs.common.contracts.billing import HoldDeclined, HoldQuestioned
from libs.common.contracts.ingest import SourcingBatchRevealed, SourcingCreated, SourcingEnded, UploadReceived
from libs.common.errors import Conflict, NotFound
from libs.common.ids import new_id
from services.ingest.clients.accounts import Account, NoKey
from services.ingest.clients.apollo import Apollo
from services.ingest.domain.lead_search import LEAD_COLUMNS, Filters
from services.ingest.domain.sourcing import SourcingState
from services.ingest.repositories import sourcings
from services.ingest.repositories.leads import PausedUntil, pause
from services.ingest.use_cases.ask_sourcing_hold_again import ask_sourcing_hold_again
from services.ingest.use_cases.delete_upload import delete_unused_uploads
from tests.integration.ingest.sourcing.steps import EVERYBODY, FEW, Dying, Leads, Merging, placed
from tests.support.waiting import eventually


async def test_leads_are_searched_revealed_charged_and_delivered(leads: Leads) -> None:
    """The whole path. Red when what is captured is not what was delivered."""
    sourcing_id = await leads.begun(25)
    assert await leads.run() == 1 + 3 + 1
    one = await leads.now(sourcing_id)
    assert (one.state, one.people, one.batches, one.upload_id) == (SourcingState.COMPLETED, 25, 3, sourcing_id)
    rows = await leads.file_of(sourcing_id)
    assert list(rows[0]) == list(LEAD_COLUMNS)
    assert len(rows) == len({row["Email"] for row in rows}) == one.leads > 15
    assert {row["Email status"] for row in rows} <= {"verified", "likely to engage"}
    assert sum(event.credits for event in await leads.said(SourcingBatchRevealed)) == 2 * one.leads
    (ended,) = await leads.said(SourcingEnded)
    assert (ended.state, ended.leads, ended.credits_total) == ("completed", one.leads, 2 * one.leads)
    (received,) = await leads.said(UploadReceived)
    assert received.upload_id == sourcing_id
    ((filename, source, sandboxed, state),) = await leads.rows(
        "SELECT filename, source, sandboxed, state FROM ingest.uploads"
    )
    assert (filename, source, sandboxed, state) == ("Pump people.csv", "apollo", True, "reading")


async def test_a_delivered_lead_lies_in_its_upload_alone(leads: Leads) -> None:
    """Red when a deleted upload leaves its addresses behind, or a charge loses its proof."""
    sourcing_id = await leads.begun(25)
    await leads.run()
    ((people,),) = await leads.rows("SELECT count(*) FROM ingest.sourcing_people")
    batches = await leads.rows("SELECT credits, leads FROM ingest.sourcing_batches")
    assert people == 0
    assert [cells for _, cells in batches] == [[], [], []]
    assert sum(earned for earned, _ in batches) == (await leads.now(sourcing_id)).credits_total


async def test_leads_that_were_paid_for_are_not_swept_away_as_unused(leads: Leads) -> None:
    """Red when the sweeper takes them for a file that somebody forgot."""
    await leads.begun(10)
    await leads.run()
    later = utc_now() + timedelta(days=400)
    gone = await delete_unused_uploads(unused_days=30, now=later, open_uow=leads.open_uow, storage=leads.storage)
    assert gone == 0


@pytest.mark.parametrize(("wanted", "pages"), [(1, 1), (100, 1), (101, 2), (250, 3)])
async def test_exactly_as_many_are_chosen_with_as_few_requests(leads: Leads, wanted: int, pages: int) -> None:
    """Red when the last page begins somewhere else: people would come twice, and others never."""
    sourcing_id = await leads.begun(wanted)
    for _ in range(pages):
        assert (await leads.now(sourcing_id)).state is SourcingState.SEARCHING
        await leads.step()
    one = await leads.now(sourcing_id)
    assert (one.state, one.people) == (SourcingState.REVEALING, wanted)
    assert leads.calls("apollo") == pages
    ((people, different),) = await leads.rows(
        "SELECT count(*), count(DISTINCT person_id) FROM ingest.sourcing_people WHERE sourcing_id = :id", id=sourcing_id
    )
    assert people == different == wanted


async def test_fewer_than_asked_for_cost_less(leads: Leads) -> None:
    """Red when the end speaks of what was held: the rest would never be released."""
    sourcing_id = await leads.begun(500, FEW)
    await leads.run()
    one = await leads.now(sourcing_id)
    assert one.state is SourcingState.COMPLETED
    assert one.matches is not None
    assert one.leads == one.matches == len(await leads.file_of(sourcing_id)) < 20
    (ended,) = await leads.said(SourcingEnded)
    assert ended.credits_total == 2 * one.leads < one.credits_held == 1000


async def test_a_search_that_matches_nobody_ends_free_and_without_an_upload(leads: Leads) -> None:
    sourcing_id = await leads.begun(10, Filters(domains=("nobody-works-here.example",)))
    await leads.run()
    one = await leads.now(sourcing_id)
    assert (one.state, one.reason, one.upload_id) == (SourcingState.COMPLETED, "no_matches", None)
    assert [event.credits_total for event in await leads.said(SourcingEnded)] == [0]
    assert await leads.said(UploadReceived) == []


async def test_a_declined_sourcing_asks_nobody(leads: Leads) -> None:
    one = await leads.create(10)
    await leads.deliver(HoldDeclined(job_id=one.id, needed=20, available=3, subject="sourcing"))
    now = await leads.now(one.id)
    assert (now.state, now.credits_available) == (SourcingState.DECLINED, 3)
    assert await leads.run() == 0
    assert leads.calls("apollo") == 0


async def test_another_sum_than_was_asked_for_is_refused(leads: Leads) -> None:
    one = await leads.create(10)
    with pytest.raises(Conflict) as refused:
        await leads.deliver(placed(one).model_copy(update={"credits": 19}))
    assert refused.value.code == "hold_differs"


async def test_two_clicks_make_one_sourcing(leads: Leads) -> None:
    """Both sides of the race. Red when the unique key is dropped."""
    found = await asyncio.gather(*(leads.create(10, key="click") for _ in range(8)))
    assert len({one.id for one in found}) == 1
    assert len(await leads.said(SourcingCreated)) == 1
    with pytest.raises(Conflict) as refused:
        await leads.create(11, key="click")
    assert refused.value.code == "idempotency_key_reused"


async def test_a_hold_delivered_twice_begins_once(leads: Leads) -> None:
    """With the inbox emptied in between. Red when `place` does not look at the state."""
    one = await leads.create(10)
    for emptied in (False, True):
        if emptied:
            await leads.execute("DELETE FROM ingest.inbox")
        await leads.deliver(placed(one))
    assert (await leads.now(one.id)).version == 2


async def test_many_hands_do_each_page_and_batch_once(leads: Leads) -> None:
    """Ten at once on one sourcing. Red when a claim does not keep the others away."""
    sourcing_id = await leads.begun(40)
    while (await leads.now(sourcing_id)).state is not SourcingState.COMPLETED:
        await asyncio.gather(*(leads.step() for _ in range(6)))
    assert (leads.calls("apollo"), leads.calls("apollo_reveal")) == (1, 4)
    assert [event.batch_no for event in await leads.said(SourcingBatchRevealed)] == [0, 1, 2, 3]
    assert len(await leads.said(SourcingEnded)) == 1


async def test_a_crash_between_the_call_and_its_record_charges_once(leads: Leads) -> None:
    """It costs one more call at Apollo. Red when the second answer is earned beside the first, or the batch is lost."""
    sourcing_id = await leads.revealing(10)
    dying = Dying(leads.account())
    with pytest.raises(KeyboardInterrupt):
        await leads.step(apollo=dying)
    await dying.close()
    assert await leads.step() is False
    await leads.execute("UPDATE ingest.sourcings SET lease_until = now() - interval '1 second'")
    await leads.run()
    one = await leads.now(sourcing_id)
    assert one.state is SourcingState.COMPLETED
    assert leads.calls("apollo_reveal") == 2
    assert [event.credits for event in await leads.said(SourcingBatchRevealed)] == [2 * one.leads]


async def test_somebody_whom_apollo_knows_by_two_ids_is_charged_once(leads: Leads) -> None:
    """Apollo merges people: asked for one it may answer with another. Red when whom another batch has is counted again."""
    sourcing_id = await leads.revealing(20)
    merging = Merging(leads.account())
    while await leads.step(apollo=merging):
        pass
    await merging.close()
    rows, one = await leads.file_of(sourcing_id), await leads.now(sourcing_id)
    assert len(rows) == len({row["Apollo id"] for row in rows}) == one.leads > 10
    assert sum(event.credits for event in await leads.said(SourcingBatchRevealed)) == one.credits_total


async def test_a_resume_in_the_middle_of_a_record_waits_its_turn(leads: Leads) -> None:
    """Red when the pauses are taken before the sourcing: each would wait for the other, and a paid batch is thrown away."""
    sourcing_id = await leads.revealing(10)
    paused = PausedUntil(utc_now() + timedelta(minutes=1), "apollo_minute_limit", None)
    async with leads.open_uow() as uow:
        await pause(uow.conn, "reveal", paused)
    async with leads.open_uow() as uow:
        await sourcings.load(uow.conn, sourcing_id, workspace_id=leads.workspace_id, in_turn=True)
        resuming = asyncio.create_task(leads.resume(sourcing_id))

        async def waits() -> bool:
            waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            return bool(await leads.rows(waiting))

        await eventually(waits)
        await pause(uow.conn, "reveal", paused)
    await resuming


async def test_who_has_nothing_parked_sends_nobody_to_apollo_before_its_time(leads: Leads) -> None:
    """Red when a resume that resumes nothing takes the pause away that all workspaces keep."""
    sourcing_id = await leads.revealing(10)
    async with leads.open_uow() as uow:
        await pause(uow.conn, "reveal", PausedUntil(utc_now() + timedelta(minutes=1), "apollo_minute_limit", None))
    await leads.resume(sourcing_id)
    await leads.run()
    assert leads.calls("apollo_reveal") == 0


async def test_who_has_been_taken_for_dead_records_nothing(leads: Leads) -> None:
    """A worker frozen in its call while another takes over. Red when the record does not look at the token."""
    sourcing_id = await leads.revealing(10)
    leads.world.turn(apollo_reveal={"hang": True})
    frozen = asyncio.create_task(leads.step())
    await eventually(lambda: leads.world.in_flight("apollo_reveal") == 1)
    await leads.execute("UPDATE ingest.sourcings SET lease_until = now() - interval '1 second'")
    second = asyncio.create_task(leads.step())
    await eventually(lambda: leads.world.in_flight("apollo_reveal") == 2)
    second.cancel()
    await asyncio.gather(second, return_exceptions=True)
    leads.world.turn(apollo_reveal={"hang": False})
    await frozen
    assert (await leads.now(sourcing_id)).batches == 0
    await leads.execute("UPDATE ingest.sourcings SET lease_until = now() - interval '1 second'")
    await leads.step()
    assert (await leads.now(sourcing_id)).batches == 1
    assert len(await leads.said(SourcingBatchRevealed)) == 1


async def test_a_cancel_delivers_and_charges_what_was_revealed(leads: Leads) -> None:
    """And drops, free, what is being asked for. Red when the late answer is earned after the end was told."""
    sourcing_id = await leads.revealing(40)
    await leads.step()
    leads.world.turn(apollo_reveal={"hang": True})
    under_way = asyncio.create_task(leads.step())
    await eventually(lambda: leads.world.in_flight("apollo_reveal"))
    cancelled = await leads.cancel(sourcing_id)
    leads.world.turn(apollo_reveal={"hang": False})
    await under_way
    await leads.run()
    one = await leads.now(sourcing_id)
    assert (one.state, one.batches, one.leads) == (SourcingState.CANCELLED, 1, cancelled.leads)
    assert one.leads == len(await leads.file_of(sourcing_id)) > 0
    (ended,) = await leads.said(SourcingEnded)
    assert (ended.state, ended.credits_total) == ("cancelled", 2 * one.leads)
    assert (await leads.cancel(sourcing_id)).version == one.version


async def test_a_cancel_before_the_hold_leaves_nothing_to_begin(leads: Leads) -> None:
    one = await leads.create(10)
    await leads.cancel(one.id)
    await leads.deliver(placed(one))
    assert (await leads.now(one.id)).state is SourcingState.CANCELLED
    assert [event.credits_total for event in await leads.said(SourcingEnded)] == [0]
    assert await leads.run() == 0


async def test_the_known_are_left_out_when_asked(leads: Leads) -> None:
    """Red when a workspace pays twice for one person though it said not to."""
    first = await leads.begun(30)
    await leads.run()
    second = await leads.begun(30, skip_known=True)
    third = await leads.begun(30)
    await leads.run()
    mine, fresh, again = [{row["Apollo id"] for row in await leads.file_of(one)} for one in (first, second, third)]
    assert mine
    assert not mine & fresh
    assert again == mine


async def test_workspaces_take_turns(leads: Leads) -> None:
    """Five of one workspace and one of another. Red when the first come keep the last waiting."""
    many = [await leads.begun(40) for _ in range(5)]
    other = Leads(leads.open_uow, leads.storage, leads.world)
    alone = await other.begun(10)
    for _ in range(6):
        await leads.step()
    assert (await other.now(alone)).state is SourcingState.COMPLETED
    assert [(await leads.now(one)).state for one in many] != [SourcingState.COMPLETED] * 5
    with pytest.raises(NotFound):
        await leads.now(alone)
    await other.close()


async def test_an_unanswered_hold_is_asked_for_again_and_a_question_answered(leads: Leads) -> None:
    """Delivered twice, with the inbox emptied. Red when billing would wait for ever on an end that was lost."""
    one = await leads.create(20)
    async with leads.open_uow() as uow:
        assert await ask_sourcing_hold_again(uow, now=utc_now()) == 0
        assert await ask_sourcing_hold_again(uow, now=utc_now() + timedelta(minutes=6)) == 1
    asked = await leads.said(SourcingCreated)
    assert len(asked) == 2
    assert asked[0] == asked[1]
    await leads.deliver(placed(one))
    question = HoldQuestioned(job_id=one.id, round=1, subject="sourcing")
    await leads.deliver(question)
    assert (await leads.said(SourcingCreated))[2] == asked[0]
    await leads.run()
    batches, ended = await leads.said(SourcingBatchRevealed), await leads.said(SourcingEnded)
    for _ in range(2):
        await leads.execute("DELETE FROM ingest.inbox")
        await leads.deliver(question)
    assert await leads.said(SourcingBatchRevealed) == batches * 3
    assert await leads.said(SourcingEnded) == ended * 3


async def test_without_a_key_nothing_is_begun(leads: Leads) -> None:
    """Red when somebody's credits are held for a search that nobody can make."""
    missing = Apollo(Account("missing"))
    leads.apollo, before = missing, leads.apollo
    for attempt in (leads.create(10), leads.search(EVERYBODY)):
        with pytest.raises(NoKey, match="APOLLO_API_KEY") as refused:
            await attempt
        assert refused.value.code == "apollo_no_key"
    leads.apollo = before
    assert await leads.said(SourcingCreated) == []


async def test_a_hold_for_nobody_is_an_error_to_look_at(leads: Leads) -> None:
    with pytest.raises(NotFound):
        await leads.deliver(HoldDeclined(job_id=new_id(), needed=1, available=0, subject="sourcing"))
