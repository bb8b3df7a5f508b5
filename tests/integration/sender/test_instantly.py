"""Instantly's client against its stand-in: what is handed over leaves once, in its hours, and can be taken back before."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from deploy.sandbox.app import SandboxApp
from deploy.sandbox.state import SandboxSettings
from libs.common.clock import utc_now
from services.sender.clients import instantly
from services.sender.clients.instantly import HandOver, Instantly
from services.sender.clients.mailbox import MailboxDown
from services.sender.domain.hand_over import schedule_of
from services.sender.domain.message import Letter, Sender, build, message_id_of
from services.sender.domain.sending import Accepted, Deferred, NotCalled, Outcome, Refused, Unknown
from services.sender.domain.templates import Rendered
from services.sender.domain.windows import ALWAYS
from tests.integration.sender.providers import noon
from tests.support.upstream import serving

ACCOUNT = "sales@sandbox.example"


@pytest.fixture(scope="module")
async def served() -> AsyncGenerator[tuple[SandboxApp, Instantly]]:
    app = SandboxApp(SandboxSettings())
    async with serving(app) as url:
        client = Instantly("any", base_url=f"{url}/instantly", provider_timeout_s=5, connect_timeout_s=5)
        yield app, client
        await client.close()


@pytest.fixture
def app(served: tuple[SandboxApp, Instantly]) -> SandboxApp:
    served[0].box.reset_dials()
    served[0].box.forget_mail()
    served[0].box.instantly.clock = noon
    return served[0]


@pytest.fixture
def client(served: tuple[SandboxApp, Instantly]) -> Instantly:
    return served[1]


def wish(**more: Any) -> HandOver:
    schedule = schedule_of(ALWAYS, zone="UTC", name="Pumps", now=utc_now())
    return replace(HandOver("Pumps", schedule, daily_limit=400, accounts=[ACCOUNT]), **more)


def letter(to: str = "bo@client.example", *, html: str | None = None) -> Letter:
    email_id = uuid4()
    return build(
        Rendered("Über {{ Pumpen }}", "Hi <Bo>,\n{{firstName}}\n", html),
        sender=Sender("Ann", ACCOUNT, "1 Street", ACCOUNT),
        to=to,
        message_id=message_id_of(email_id, domain="sandbox.example"),
        email_id=email_id,
        now=utc_now(),
    )


async def handed(client: Instantly, campaign: str, mail: Letter) -> Outcome:
    return await client.hand_over(mail, campaign=campaign, may_call=lambda: True)


def inbox(app: SandboxApp) -> list[dict[str, Any]]:
    return [mail.summary() for mail in app.box.mailbox.newest(100)]


@pytest.mark.parametrize("html", [None, "<p>Hi &lt;Bo&gt; {{firstName}}</p>"], ids=["text", "html"])
async def test_a_lead_is_handed_over_with_its_finished_mail_and_leaves_once(
    app: SandboxApp, client: Instantly, html: str | None
) -> None:
    """Red when a lead that is handed over again is written to again, or a template of theirs changes our words."""
    assert (await client.prove()).accounts == (ACCOUNT,)
    campaign = await client.make_campaign(wish())
    await client.set_active(campaign, active=True)
    assert isinstance(await handed(client, campaign, letter(html=html)), Accepted)
    assert isinstance(await handed(client, campaign, letter(html=html)), Accepted)
    (mail,) = inbox(app)
    assert (mail["envelope_from"], mail["envelope_to"]) == (ACCOUNT, ["bo@client.example"])
    assert mail["subject"] == "Über {{ Pumpen }}"
    assert "Hi &lt;Bo&gt;" in mail["html"]
    assert "{{firstName}}" in mail["html"]


async def test_their_day_has_our_cap_and_a_new_cap_holds_at_once(app: SandboxApp, client: Instantly) -> None:
    campaign = await client.make_campaign(wish(daily_limit=1))
    await client.set_active(campaign, active=True)
    for number in range(3):
        await handed(client, campaign, letter(f"number{number}@client.example"))
    assert len(inbox(app)) == 1
    await client.change_campaign(campaign, wish(daily_limit=2))
    assert len(inbox(app)) == 2


async def test_hours_that_end_at_the_last_minute_are_kept_by_the_providers_clock(
    app: SandboxApp, client: Instantly
) -> None:
    """Red when the stand-in goes by the wall clock, so that tests fail in one minute of the day."""
    campaign = await client.make_campaign(wish())
    await client.set_active(campaign, active=True)
    app.box.instantly.clock = lambda: noon().replace(hour=23, minute=59, second=30)
    await handed(client, campaign, letter("late@client.example"))
    assert inbox(app) == []
    app.box.instantly.clock = lambda: noon() + timedelta(hours=12)
    await client.change_campaign(campaign, wish())
    assert [mail["envelope_to"] for mail in inbox(app)] == [["late@client.example"]]


async def test_what_has_not_left_can_be_taken_back(app: SandboxApp, client: Instantly) -> None:
    """Red when who has unsubscribed since is written to by the provider."""
    campaign = await client.make_campaign(wish())
    await handed(client, campaign, letter())
    assert await client.take_back("bo@client.example", campaign=campaign)
    assert not await client.take_back("bo@client.example", campaign=campaign)
    await client.set_active(campaign, active=True)
    assert inbox(app) == []


@pytest.mark.parametrize(
    ("dials", "kind"),
    [
        ({"bad_key": True}, Deferred),
        ({"day_limit": 0}, Deferred),
        ({"fail_rate": 1, "fail_status": 429}, Deferred),
        ({"fail_rate": 1, "fail_status": 400}, Refused),
        ({"fail_rate": 1, "fail_status": 500}, Unknown),
        ({"garbage": "truncated"}, Unknown),
        ({"garbage": "wrong_schema"}, Unknown),
    ],
    ids=["key", "plan", "minute", "wrong", "failing", "cut off", "nonsense"],
)
async def test_each_answer_has_its_meaning(
    app: SandboxApp, client: Instantly, dials: dict[str, Any], kind: type[Outcome]
) -> None:
    """Red when nonsense counts as taken, or a lead that was taken as refused."""
    campaign = await client.make_campaign(wish())
    app.box.turn(app.box.dials.turned({"instantly": dials}))
    assert isinstance(await handed(client, campaign, letter()), kind)


async def test_a_campaign_that_is_gone_there_is_the_mailboxs_trouble(app: SandboxApp, client: Instantly) -> None:
    outcome = await handed(client, str(uuid4()), letter())
    assert isinstance(outcome, Deferred)
    assert outcome.mailbox
    assert inbox(app) == []


async def test_past_its_deadline_nothing_is_handed_over(app: SandboxApp, client: Instantly) -> None:
    campaign = await client.make_campaign(wish())
    assert isinstance(await client.hand_over(letter(), campaign=campaign, may_call=lambda: False), NotCalled)
    assert app.box.instantly.in_campaign(campaign) == []


async def test_what_a_person_waits_for_says_what_was_wrong(app: SandboxApp, client: Instantly) -> None:
    campaign = await client.make_campaign(wish(accounts=["other@acme.example"]))
    with pytest.raises(MailboxDown, match=r"no connected sending accounts: other@acme\.example"):
        await client.set_active(campaign, active=True)


async def test_somebody_whose_address_is_part_of_many_others_is_taken_back_too(
    app: SandboxApp, client: Instantly, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Red when only the first page of what the search finds is looked at: the mail would leave after the unsubscribing."""
    monkeypatch.setattr(instantly, "_LEADS_A_PAGE", 2)
    campaign = await client.make_campaign(wish())
    for name in ("bo", "jo", "flo", "mo", "o"):
        await handed(client, campaign, letter(f"{name}@client.example"))
    assert await client.take_back("o@client.example", campaign=campaign)
    assert not await client.take_back("o@client.example", campaign=campaign)
    assert {lead["email"][0] for lead in app.box.instantly.in_campaign(campaign)} == {"b", "j", "f", "m"}
