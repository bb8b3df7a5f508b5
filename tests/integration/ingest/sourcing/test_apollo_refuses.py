"""What Apollo refuses reaches the user as it is, and never as "0 leads": while looking, and on the way."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import orjson
import pytest
from pydantic import SecretStr

from libs.common.clock import utc_now
from libs.common.contracts.ingest import SourcingBatchRevealed, SourcingEnded
from libs.common.errors import AppError
from libs.common.http.problems import problem_of
from services.ingest.clients.accounts import Account
from services.ingest.clients.apollo import Apollo
from services.ingest.domain.lead_search import SearchPage
from services.ingest.domain.sourcing import SourcingState
from tests.integration.ingest.sourcing.steps import EVERYBODY, Leads, no_answers
from tests.support.waiting import PATIENCE_S

CASES: dict[str, tuple[Mapping[str, Any], int, str, str]] = {
    "key": ({"bad_key": True}, 409, "apollo_bad_key", "Apollo says: Invalid access credentials."),
    "plan": (
        {"no_api_access": True},
        403,
        "apollo_no_api_access",
        "is not accessible with this api_key on a free plan",
    ),
    "filter": ({"next_failures": [422]}, 422, "apollo_bad_filter", "Apollo says: Parameters misconfigured."),
    "minute": ({"rate_limit_per_minute": 1}, 429, "apollo_minute_limit", "1 times per minute"),
    "day": ({"day_limit": 0, "day_resets_in_s": 7200}, 429, "apollo_day_limit", "times per day"),
    "down": ({"next_failures": [500]}, 503, "apollo_down", "An unexpected error of application."),
    "gateway": ({"next_failures": [502]}, 503, "apollo_down", "Apollo says: "),
    "not JSON": ({"garbage": "invalid_json"}, 503, "apollo_bad_answer", "Apollo says: nothing that can be understood"),
    "HTML": ({"garbage": "html"}, 503, "apollo_bad_answer", "Apollo says: nothing that can be understood"),
    "half": ({"garbage": "truncated"}, 503, "apollo_bad_answer", "Apollo says: nothing that can be understood"),
    "error with 200": ({"garbage": "error_200"}, 503, "apollo_bad_answer", "An unexpected error of application."),
    "broken off": ({"garbage": "broken_body"}, 503, "apollo_down", "no answer"),
}


@pytest.mark.parametrize("case", CASES)
async def test_a_search_says_what_apollo_says(leads: Leads, case: str) -> None:
    """Red when a refusal is shown as an empty page, or as our own user's fault (a 401 would sign them out)."""
    dials, status, code, sentence = CASES[case]
    leads.world.turn(apollo=dials)
    if case == "minute":
        await leads.apollo.search({}, SearchPage(1, 1))
    with pytest.raises(AppError) as refused:
        await leads.search(EVERYBODY)
    answer = problem_of(refused.value)
    told = orjson.loads(answer.body)
    assert (answer.status_code, told["code"]) == (status, code)
    assert sentence in told["detail"]
    assert "sandbox" not in told["detail"].lower()
    if status == 429:
        assert int(answer.headers["Retry-After"]) > 0
        assert told["resume_at"] > utc_now().isoformat()


async def test_insufficient_credits_are_named_as_apollos(leads: Leads) -> None:
    """Red when they are taken for a plan without access, or for the user's credits here."""
    leads.world.turn(apollo_reveal={"credits": 0})
    found = await leads.search(EVERYBODY)
    with pytest.raises(AppError) as refused:
        await leads.apollo.reveal([person.id for person in found.people[:10]])
    answer = problem_of(refused.value)
    told = orjson.loads(answer.body)
    assert (answer.status_code, told["code"]) == (403, "apollo_insufficient_credits")
    assert told["detail"].startswith("Apollo says: You have insufficient credits")


async def test_an_apollo_that_never_answers_is_down(leads: Leads) -> None:
    leads.world.turn(apollo={"hang": True})
    silent = no_answers(leads.account())
    with pytest.raises(AppError) as refused:
        await leads.search(EVERYBODY, apollo=silent)
    await silent.close()
    assert (refused.value.code, problem_of(refused.value).status_code) == ("apollo_down", 503)


async def test_an_apollo_that_never_comes_to_an_end_is_down(leads: Leads) -> None:
    """Red when only each byte has its time: the call would outlive its claim, and keep a hand for ever."""

    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            while not writer.is_closing():
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.05)

    async with await asyncio.start_server(drip, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        slow = Apollo(Account("real", url, SecretStr("key")), read_s=5, call_s=0.5)
        async with asyncio.timeout(PATIENCE_S):
            with pytest.raises(AppError) as refused:
                await leads.search(EVERYBODY, apollo=slow)
        await slow.close()
    assert refused.value.code == "apollo_down"


async def test_nobody_is_asked_while_apollo_wants_to_be_left_alone(leads: Leads) -> None:
    """Red when every look at a search burns another refused call."""
    leads.world.turn(apollo={"day_limit": 0})
    for _ in range(3):
        with pytest.raises(AppError) as refused:
            await leads.search(EVERYBODY)
        assert refused.value.code == "apollo_day_limit"
        assert "times per day" in refused.value.message
    assert leads.calls("apollo", 429) == 1


async def test_the_search_shows_the_live_count_and_masks_the_people(leads: Leads) -> None:
    found = await leads.search(EVERYBODY)
    assert found.total > 1000
    assert len(found.people) == 25
    assert found.sandboxed
    assert all("***" in person.last_name for person in found.people)


@pytest.mark.parametrize(
    ("dials", "reason"),
    [
        ({"bad_key": True}, "apollo_bad_key"),
        ({"credits": 3}, "apollo_insufficient_credits"),
    ],
)
async def test_what_a_person_must_mend_parks_with_apollos_sentence(
    leads: Leads, dials: Mapping[str, Any], reason: str
) -> None:
    """And goes on when told to. Red when it fails, or is tried again by itself for ever."""
    sourcing_id = await leads.revealing(20)
    await leads.step()
    leads.world.turn(apollo_reveal=dials)
    assert await leads.run() == 1
    parked = await leads.now(sourcing_id)
    assert (parked.state, parked.reason, parked.batches) == (SourcingState.PARKED, reason, 1)
    assert parked.message
    assert not await leads.step(at=utc_now() + timedelta(days=3))
    leads.world.turn(apollo_reveal={"bad_key": False, "credits": None})
    await leads.resume(sourcing_id)
    await leads.run()
    done = await leads.now(sourcing_id)
    assert (done.state, done.reason, done.batches) == (SourcingState.COMPLETED, None, 2)


async def test_a_plan_without_access_parks_the_search(leads: Leads) -> None:
    leads.world.turn(apollo={"no_api_access": True})
    sourcing_id = await leads.begun(20)
    await leads.run()
    parked = await leads.now(sourcing_id)
    assert (parked.state, parked.reason) == (SourcingState.PARKED, "apollo_no_api_access")
    assert "free plan" in (parked.message or "")


async def test_a_search_that_apollo_refuses_has_failed_and_costs_nothing(leads: Leads) -> None:
    leads.world.turn(apollo={"next_failures": [422]})
    sourcing_id = await leads.begun(20)
    await leads.run()
    failed = await leads.now(sourcing_id)
    assert (failed.state, failed.reason, failed.message) == (
        SourcingState.FAILED,
        "apollo_bad_filter",
        "Parameters misconfigured.",
    )
    (ended,) = await leads.said(SourcingEnded)
    assert (ended.state, ended.credits_total) == ("failed", 0)


async def test_what_was_revealed_before_a_failure_is_delivered(leads: Leads) -> None:
    """Red when people have paid for leads they never get."""
    sourcing_id = await leads.revealing(30)
    await leads.step()
    leads.world.turn(apollo_reveal={"next_failures": [422]})
    await leads.run()
    failed = await leads.now(sourcing_id)
    assert (failed.state, failed.upload_id) == (SourcingState.FAILED, sourcing_id)
    assert len(await leads.file_of(sourcing_id)) == failed.leads > 0
    (ended,) = await leads.said(SourcingEnded)
    assert ended.credits_total == sum(event.credits for event in await leads.said(SourcingBatchRevealed))


async def test_a_minute_limit_is_sat_out_by_everyone_and_burns_no_try(leads: Leads) -> None:
    """Each endpoint at its own. Red when the wait is counted as a failure, or asked against."""
    leads.world.turn(apollo_reveal={"rate_limit_per_minute": 2})
    first, second = await leads.revealing(40), await leads.revealing(20)
    for _ in range(8):
        await leads.step()
    waiting = [await leads.now(one) for one in (first, second)]
    assert {one.state for one in waiting} == {SourcingState.REVEALING}
    assert {one.reason for one in waiting} == {"apollo_minute_limit"}
    assert [one.failures for one in waiting] == [0, 0]
    assert sum(one.batches for one in waiting) == 2
    assert (leads.calls("apollo_reveal"), leads.calls("apollo_reveal", 429)) == (2, 0)
    assert not await leads.step()
    found = await leads.search(EVERYBODY)
    assert found.people
    ((left,),) = await leads.rows("SELECT extract(epoch FROM until - now()) FROM ingest.apollo_pauses")
    assert 0 < left <= 60


async def test_a_limit_that_is_met_all_the_same_is_waited_out(leads: Leads) -> None:
    """Another program uses the key too. Red when `Retry-After` is not believed."""
    leads.world.turn(apollo_reveal={"next_failures": [429]})
    sourcing_id = await leads.revealing(10)
    await leads.step()
    waiting = await leads.now(sourcing_id)
    assert (waiting.state, waiting.reason, waiting.failures) == (SourcingState.REVEALING, "apollo_minute_limit", 0)
    assert waiting.resume_at is not None
    assert not await leads.step()
    assert await leads.step(at=waiting.resume_at + timedelta(seconds=1))
    assert (await leads.now(sourcing_id)).batches == 1


async def test_a_day_limit_parks_until_the_day_is_over_and_goes_on_by_itself(leads: Leads) -> None:
    """Red when nobody can see why nothing moves, or a person has to come back for it."""
    leads.world.turn(apollo_reveal={"day_limit": 0, "day_resets_in_s": 7200})
    sourcing_id = await leads.revealing(10)
    await leads.run()
    parked = await leads.now(sourcing_id)
    assert (parked.state, parked.reason) == (SourcingState.PARKED, "apollo_day_limit")
    assert parked.resume_at is not None
    assert timedelta(hours=1) < parked.resume_at - utc_now() <= timedelta(hours=2, seconds=5)
    leads.world.turn(apollo_reveal={"day_limit": None})
    later = parked.resume_at + timedelta(seconds=1)
    assert await leads.step(at=later)
    assert (await leads.now(sourcing_id)).batches == 1


async def test_nonsense_is_tried_again_and_is_never_a_batch_without_leads(leads: Leads) -> None:
    """Red when garbage completes a batch: its people would never be revealed."""
    leads.world.turn(apollo_reveal={"garbage": "error_200"})
    sourcing_id = await leads.revealing(10)
    at = utc_now()
    for _ in range(6):
        assert await leads.step(at=at)
        at += timedelta(seconds=40)
    parked = await leads.now(sourcing_id)
    assert (parked.state, parked.reason, parked.batches, parked.failures) == (
        SourcingState.PARKED,
        "apollo_bad_answer",
        0,
        6,
    )
    leads.world.turn(apollo_reveal={"garbage": ""})
    assert await leads.step(at=at + timedelta(minutes=15))
    assert (await leads.now(sourcing_id)).batches == 1


async def test_a_wait_that_is_over_does_not_start_the_count_of_failures_anew(leads: Leads) -> None:
    """Red when a provider that has been down for long is asked six times every ten minutes."""
    sourcing_id = await leads.revealing(10)
    leads.world.turn(apollo_reveal={"garbage": "html"})
    at = utc_now()
    for _ in range(6):
        at = (await leads.now(sourcing_id)).due_at or at
        await leads.step(at=at)
    parked = await leads.now(sourcing_id)
    assert (parked.state, parked.reason, parked.failures) == (SourcingState.PARKED, "apollo_bad_answer", 6)
    assert parked.due_at is not None
    await leads.step(at=parked.due_at)
    again = await leads.now(sourcing_id)
    assert (again.state, again.failures) == (SourcingState.PARKED, 7)
    assert leads.calls("apollo_reveal") == 7
