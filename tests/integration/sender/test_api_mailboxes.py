"""SendGrid and Mailgun as mailboxes: from the key to the inbox, over the stand-ins; the inbox has the verdict."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import pytest
import sqlalchemy as sa

from libs.common.errors import AppError, Conflict, Invalid
from services.sender.clients.mailroom import ApiLogin
from services.sender.clients.provider_places import ProviderPlaces
from services.sender.repositories import mailbox_secrets
from services.sender.tables import mailboxes
from services.sender.use_cases.change_mailbox import MailboxChange, change_mailbox
from services.sender.use_cases.look_up_unknown import look_up_unknown
from services.sender.use_cases.make_dkim_key import make_dkim_key
from services.sender.use_cases.prove_account import prove_key, prove_wish
from services.sender.use_cases.try_mailbox import try_mailbox
from tests.integration.sender.mortal import Killed, Life, MortalMailbox
from tests.integration.sender.office import add, opener, view_of
from tests.integration.sender.providers import Providers
from tests.integration.sender.world import TIMING, World

Name = Literal["sendgrid", "mailgun"]
BOTH = pytest.mark.parametrize("name", ["sendgrid", "mailgun"])
KEY = "SG.correct-horse-battery-staple"


@BOTH
async def test_from_start_to_the_inbox_each_once(world: World, providers: Providers, name: Name) -> None:
    """Red when the supervisor's factory makes no mailbox of the provider, or its mail bears another name."""
    view = await providers.mailbox(world, name)
    assert (view.sandboxed, view.provider) == (True, name)
    mine = await providers.draft(world, view, leads=7)
    await mine.start()
    await world.plan()
    await providers.send(world, view)
    assert await world.states() == {"sent": 7}
    assert sorted(providers.inbox.values()) == [1] * 7
    mail = providers.app.box.mailbox.newest(1)[0].summary()
    assert mail["envelope_from"] == view.address
    assert dict(mail["headers"])["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


@BOTH
async def test_killed_between_call_and_record_it_is_unknown_and_the_look_up_finds_it(
    world: World, providers: Providers, name: Name
) -> None:
    """P4, P5: red when the mail is sent again by itself, or when a look-up of the provider's does not end the doubt."""
    view = await providers.mailbox(world, name)
    mine = await providers.draft(world, view, leads=1)
    await mine.start()
    await world.plan()
    # Opened, called, and dead before the answer is written down.
    with pytest.raises(Killed):
        await providers.send(world, view, around=lambda inner: MortalMailbox(inner, Life(ends_at=3)))
    world.later(seconds=TIMING.sending_lease_s + 1)
    await world.resolve()
    await world.plan()
    await providers.send(world, view)
    assert await world.states() == {"unknown": 1}
    mailbox = await providers.open(world, view)
    assert await look_up_unknown(world.open_uow, mailbox, mailbox_id=view.id, clock=world.clock) == 1
    await mailbox.close()
    assert await world.states() == {"sent": 1}
    assert list(providers.inbox.values()) == [1]


@BOTH
async def test_a_revoked_key_pauses_the_mailbox_with_a_sentence_and_nobody_is_lost(
    world: World, providers: Providers, name: Name
) -> None:
    """Red when a revoked key makes a list of failures, or is tried for ever without a word."""
    view = await providers.mailbox(world, name)
    mine = await providers.draft(world, view, leads=3)
    await mine.start()
    await world.plan()
    providers.turn(name, bad_key=True)
    for _ in range(3):
        await providers.send(world, view)
        world.later(minutes=10)
        await world.plan()
    paused = await view_of(world, view.id)
    assert paused.pause is not None
    assert paused.pause.reason == "login_refused"
    assert "the key" in paused.pause.detail
    assert (await world.states()).keys() <= {"planned", "deferred"}
    assert not providers.inbox


@pytest.mark.parametrize(
    ("name", "dials", "words"),
    [
        ("sendgrid", {"bad_key": True}, "authorization grant is invalid, expired, or revoked"),
        ("mailgun", {"bad_key": True}, "Forbidden"),
        ("instantly", {"bad_key": True}, "Invalid API key"),
    ],
)
async def test_a_key_that_is_refused_is_not_taken_and_the_provider_says_why(
    world: World, providers: Providers, name: Any, dials: dict[str, Any], words: str
) -> None:
    """Red when a typing error is found out by the first campaign."""
    providers.turn(name, **dials)
    with pytest.raises(Conflict, match=words) as refused:
        await providers.mailbox(world, name)
    assert refused.value.code == "key_refused"


async def test_a_provider_that_is_away_refuses_nothing(world: World, providers: Providers) -> None:
    """Red when an outage looks like a wrong key."""
    providers.turn("mailgun", fail_rate=1, fail_status=500)
    with pytest.raises(AppError) as away:
        await providers.mailbox(world, "mailgun")
    assert away.value.code == "mailbox_down"


@BOTH
async def test_trying_it_sends_one_mail_or_says_why_not(world: World, providers: Providers, name: Name) -> None:
    view = await providers.mailbox(world, name)

    async def trial() -> tuple[str, str]:
        ended = await try_mailbox(
            view, opener(world, providers.room), to="me@own.example", postal_address="1 St", now=world.now
        )
        return ended.ended_at, ended.said

    assert (await trial())[0] == "sent"
    assert providers.inbox == {"me@own.example": 1}
    providers.turn(name, bad_key=True)
    ended_at, said = await trial()
    assert ended_at == "open"
    assert "401" in said


async def test_a_real_key_never_goes_to_a_stand_in_nor_made_up_mail_to_a_provider(
    world: World, providers: Providers
) -> None:
    """P9: red when a setting that changes lets made-up rows out, or a real campaign end in the sandbox."""
    stand_in = await providers.mailbox(world, "sendgrid")
    elsewhere = ProviderPlaces(sendgrid=f"{providers.url}/sendgrid", sandbox="")
    with pytest.raises(Conflict, match="stand-in"):
        replace(providers.room, places=elsewhere).open_api(_login(stand_in))
    with pytest.raises(Conflict, match="SANDBOX_URL") as marked:
        await prove_wish(providers.wish("sendgrid", api_key=KEY), mailroom=replace(providers.room, places=elsewhere))
    assert marked.value.code == "mailbox_unusable"
    within = replace(elsewhere, sandbox=providers.url)
    wish = await prove_wish(providers.wish("sendgrid", api_key=KEY), mailroom=replace(providers.room, places=within))
    assert wish.sandboxed, "a key at the sandbox's address is still the sandbox"
    with pytest.raises(Conflict, match="reach nobody"):
        within.place("sendgrid", region="us", sandboxed=False)


def _login(view: Any) -> Any:
    return ApiLogin(view.provider, view.account, "", view.sandboxed)


async def test_without_key_and_sandbox_there_is_no_mailbox(providers: Providers) -> None:
    room = replace(providers.room, places=ProviderPlaces())
    with pytest.raises(Invalid) as missing:
        await prove_wish(providers.wish("mailgun"), mailroom=room)
    assert missing.value.code == "api_key_missing"


async def test_the_key_is_sealed_and_nowhere_else(world: World, providers: Providers) -> None:
    """Red when a key lies in the clear in the table, or a changed one leaves the old one in use."""
    wish = replace(providers.wish("sendgrid", api_key=KEY), sandboxed=False)
    assert KEY not in repr(wish)
    made = await add(world, wish, room=providers.room)
    row = await _row(world, made)
    assert KEY not in str(row)
    assert KEY.encode() not in bytes(row.secrets)
    async with world.open_uow() as uow:
        await change_mailbox(
            MailboxChange(api_key="SG.another"),
            uow=uow,
            mailbox_id=made.id,
            workspace_id=world.workspace_id,
            mailroom=providers.room,
            now=world.now,
        )
        sealed = await mailbox_secrets.load_sealed(uow.conn, made.id)
    assert sealed is not None
    assert providers.room.ring.open(sealed, made.id).api_key == "SG.another"


async def _row(world: World, view: Any) -> Any:
    async with world.open_uow() as uow:
        return (await uow.conn.execute(sa.select(mailboxes).where(mailboxes.c.id == view.id))).one()


async def test_a_stand_in_stays_one_and_is_signed_by_its_provider(world: World, providers: Providers) -> None:
    """P9: red when a key turns the sandbox's mailbox, with its made-up leads, into a real one."""
    view = await providers.mailbox(world, "mailgun")
    await prove_key(view, "any", mailroom=providers.room)
    async with world.open_uow() as uow:
        with pytest.raises(Conflict) as stays:
            await change_mailbox(
                MailboxChange(api_key="key"),
                uow=uow,
                mailbox_id=view.id,
                workspace_id=world.workspace_id,
                mailroom=providers.room,
                now=world.now,
            )
        with pytest.raises(Conflict) as signed:
            await make_dkim_key(uow, view.id, workspace_id=world.workspace_id, mailroom=providers.room, anew=False)
    assert (stays.value.code, signed.value.code) == ("signs_in_elsewhere", "signed_by_host")
