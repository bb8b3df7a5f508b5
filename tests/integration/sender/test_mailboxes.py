"""Mailboxes that workspaces bring: sealed, theirs alone, tried on real sockets, and never a way into our own network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from libs.common.contracts.billing import EntitlementsChanged
from libs.common.errors import AppError, Conflict, Invalid, NotFound
from libs.common.keyring import NoRing
from services.sender.clients.mailbox import MailboxDown
from services.sender.clients.secrets import SecretsRing
from services.sender.domain.mailboxes.mailbox import Server
from services.sender.schemas.mailboxes import MailboxOut
from services.sender.tables import emails, mailboxes
from services.sender.use_cases.change_mailbox import MailboxChange, change_mailbox, own_mailbox
from services.sender.use_cases.create_campaign import NewCampaign, create_campaign
from services.sender.use_cases.delete_mailbox import delete_mailbox
from services.sender.use_cases.make_dkim_key import make_dkim_key
from services.sender.use_cases.note_entitlements import note_entitlements
from services.sender.use_cases.pause_mailbox import pause_by_person
from services.sender.use_cases.reseal_mailbox_secrets import reseal_mailbox_secrets
from services.sender.use_cases.resume_mailbox import resume_mailbox
from services.sender.use_cases.try_mailbox import Trial, try_mailbox
from tests.integration.sender.office import FRESH, RING, add, mailroom, opener, view_of, wish
from tests.integration.sender.servers import Inbox, listening
from tests.integration.sender.world import World, recipient, with_mailbox

PASSWORD = "correct horse battery staple"


async def row_of(world: World, mailbox_id: object) -> Any:
    async with world.open_uow() as uow:
        return (await uow.conn.execute(sa.select(mailboxes).where(mailboxes.c.id == mailbox_id))).one()


async def trial(world: World, mailbox_id: Any, **room: Any) -> Trial:
    view = await view_of(world, mailbox_id)
    return await try_mailbox(
        view, opener(world, mailroom(**room)), to="me@own.example", postal_address="1 St", now=world.now
    )


async def test_what_it_signs_in_with_is_sealed_and_never_shown(world: World) -> None:
    """Red when a password lies in the table, in the answer or in a repr in the clear."""
    asked = wish(user="ann", password=PASSWORD)
    made = await add(world, asked)
    row = await row_of(world, made.id)
    for shown in (str(row), bytes(row.secrets).decode("latin-1"), repr(asked), MailboxOut.of(made).model_dump_json()):
        assert PASSWORD not in shown
    assert mailroom().ring.open(_sealed(row), made.id).password == PASSWORD


def _sealed(row: Any) -> Any:
    from libs.common.keyring import Sealed

    return Sealed(bytes(row.secrets), row.sealed_with)


async def test_secrets_open_for_their_own_mailbox_only(world: World) -> None:
    """Red when a row's secrets could be copied to another mailbox."""
    one, other = await add(world, wish(user="a", password=PASSWORD)), await add(world, wish())
    with pytest.raises(AppError):
        mailroom().ring.open(_sealed(await row_of(world, one.id)), other.id)


async def test_a_fresh_key_seals_anew_and_the_old_one_can_go(world: World) -> None:
    """Red when rotation leaves secrets under the old key, or loses them."""
    made = await add(world, wish(user="ann", password=PASSWORD))
    await reseal_mailbox_secrets(world.open_uow, SecretsRing((FRESH, RING)))
    assert mailroom(FRESH).ring.open(_sealed(await row_of(world, made.id)), made.id).password == PASSWORD
    assert (await view_of(world, made.id)).version == made.version, "open connections stay"
    await reseal_mailbox_secrets(world.open_uow, SecretsRing((RING, FRESH)))


async def test_without_encryption_keys_no_password_is_taken(world: World) -> None:
    """Red when a password would be kept in the clear."""
    room = replace(mailroom(), ring=SecretsRing())
    with pytest.raises(NoRing):
        await add(world, wish(user="ann", password=PASSWORD), room=room)


async def test_two_clicks_make_one_mailbox(world: World) -> None:
    """Red when an Idempotency-Key is not looked at, or stands for two different wishes."""
    asked = wish(user="ann", password=PASSWORD)
    first = await add(world, asked, key="k")
    assert (await add(world, asked, key="k")).id == first.id
    with pytest.raises(Conflict) as reused:
        await add(world, replace(asked, daily_quota=7), key="k")
    with pytest.raises(Conflict) as exists:
        await add(world, asked, key="another")
    assert (reused.value.code, exists.value.code) == ("idempotency_key_reused", "mailbox_exists")


async def test_a_plan_has_room_for_so_many(world: World) -> None:
    """Red when the workspace's real number of mailboxes is not counted."""
    told = EntitlementsChanged.model_validate(
        {"plan": "starter", "mailboxes": 1, "entitlements_version": 1, **_without_limits()}
    )
    async with world.open_uow() as uow:
        await note_entitlements(told, uow=uow, workspace_id=world.workspace_id)
    first = await add(world, wish())
    with pytest.raises(Conflict) as reached:
        await add(world, wish())
    assert (reached.value.code, reached.value.extra["used"]) == ("mailboxes_reached", 2)
    async with world.open_uow() as uow:
        await delete_mailbox(uow, first.id, workspace_id=world.workspace_id, now=world.now)
    await add(world, wish())


def _without_limits() -> dict[str, object]:
    fields = EntitlementsChanged.model_fields
    return {name: None for name in fields if name not in {"plan", "mailboxes", "entitlements_version"}}


async def test_one_that_campaigns_wait_for_is_not_deleted_but_may_be_paused(world: World) -> None:
    """Red when a mailbox goes while a campaign would send through it, or the answer does not say which."""
    made = await add(world, wish())
    mine = with_mailbox(world, made.id)
    await mine.draft(await mine.list_of(recipient(1, sandboxed=False)))
    async with world.open_uow() as uow:
        with pytest.raises(Conflict) as in_use:
            await delete_mailbox(uow, made.id, workspace_id=world.workspace_id, now=world.now)
        assert in_use.value.extra["campaigns"] == ["Leads"]
        paused = await pause_by_person(uow, made.id, workspace_id=world.workspace_id, now=world.now)
        assert paused.pause is not None
        assert paused.pause.reason == "by_person"
        assert (await resume_mailbox(uow, made.id, workspace_id=world.workspace_id)).pause is None


async def test_a_deleted_one_keeps_no_secret_and_frees_its_address(world: World) -> None:
    asked = wish(user="ann", password=PASSWORD)
    made = await add(world, asked)
    async with world.open_uow() as uow:
        await delete_mailbox(uow, made.id, workspace_id=world.workspace_id, now=world.now)
    assert (await row_of(world, made.id)).secrets is None
    assert (await add(world, asked)).id != made.id


async def test_nobody_else_sees_or_changes_it(world: World) -> None:
    """Red when a mailbox is found by its id alone."""
    made = await add(world, wish())
    stranger = await World(world.open_uow).open()
    async with world.open_uow() as uow:
        with pytest.raises(NotFound):
            await own_mailbox(uow, made.id, workspace_id=stranger.workspace_id)
        with pytest.raises(NotFound):
            await own_mailbox(uow, world.mailbox_id, workspace_id=world.workspace_id)


@pytest.mark.parametrize(
    ("host", "port", "security", "code"),
    [
        ("127.0.0.1", 587, "starttls", "server_unsafe"),
        ("10.1.2.3", 465, "tls", "server_unsafe"),
        ("169.254.169.254", 465, "tls", "server_unsafe"),
        ("localhost", 465, "tls", "server_unsafe"),
        ("postgres", 465, "tls", "server_unsafe"),
        ("mail.internal", 465, "tls", "server_unsafe"),
        ("mail.example.com", 5432, "tls", "server_unsafe"),
        ("mail.example.com", 587, "none", "server_unsafe"),
        ("mail example.com", 465, "tls", "server_malformed"),
        ("mail.example.com\r\nRCPT", 465, "tls", "server_malformed"),
    ],
)
async def test_no_mailbox_leads_into_our_own_network(
    world: World, host: str, port: int, security: str, code: str
) -> None:
    """Red when a tenant may have us knock at private addresses, at other doors than mail's, or in the clear."""
    asked = replace(wish(), server=Server(host, port, security))  # pyright: ignore[reportArgumentType] - one of them
    with pytest.raises(Invalid) as refused:
        await add(world, asked, room=mailroom(any_host=False))
    assert refused.value.code == code


async def test_a_name_that_turns_out_to_be_private_is_not_connected_to(world: World) -> None:
    """Red when the guard looks at the name only when it is typed: DNS may say something else later."""
    inbox = Inbox()

    async def lookup(_host: str, _port: int) -> Sequence[str]:
        return ["127.0.0.1"]

    async with listening(inbox) as port:
        asked = replace(wish(), server=Server("mail.example.com", port, "none"))
        made = await add(world, asked)
        ended = await trial(world, made.id, any_host=False, lookup=lookup)
    assert ended.ended_at == "open"
    assert "not public" in ended.said
    assert inbox.connections == 0


async def test_trying_it_sends_one_mail_under_its_own_name(world: World) -> None:
    inbox = Inbox()
    async with listening(inbox) as port:
        made = await add(world, wish(port, reply_to="team@own.example"))
        assert (await trial(world, made.id)).ended_at == "sent"
    (mail,) = inbox.parsed()
    assert mail["From"] == f"Ann Own <{made.address}>"
    assert mail["Reply-To"] == "team@own.example"
    assert inbox.recipients == ["me@own.example"]


async def test_a_wrong_password_is_told_in_the_servers_words_and_without_it(world: World) -> None:
    """Red when a person cannot see why, or the password shows."""
    async with listening(Inbox(), logins=True) as port:
        made = await add(world, wish(port, user="ann", password=PASSWORD))
        ended = await trial(world, made.id)
    assert ended.ended_at == "open"
    assert "535" in ended.said
    assert PASSWORD not in ended.said


async def test_a_password_goes_to_no_other_server_than_it_was_given_for(world: World) -> None:
    """Red when whoever may change the host, but does not know the password, can have it sent to a host of theirs."""
    made = await add(world, wish(user="ann", password=PASSWORD))
    elsewhere = Server("127.0.0.2", 2525, "none", "ann")
    async with world.open_uow() as uow:
        with pytest.raises(Invalid) as missing:
            await change_mailbox(
                MailboxChange(server=elsewhere),
                uow=uow,
                mailbox_id=made.id,
                workspace_id=world.workspace_id,
                mailroom=mailroom(),
                now=world.now,
            )
        assert missing.value.code == "password_missing"
        changed = await change_mailbox(
            MailboxChange(server=elsewhere, password="another one", reply_to=None, ramp=(10, 5)),
            uow=uow,
            mailbox_id=made.id,
            workspace_id=world.workspace_id,
            mailroom=mailroom(),
            now=world.now,
        )
    assert changed.server == elsewhere
    assert changed.version > made.version
    assert changed.ramp is not None
    assert changed.ramp.started == world.now.date()


async def test_a_mailbox_whose_key_is_gone_says_so(world: World) -> None:
    """Red when mail would leave unsigned in, or the sentence does not name ENCRYPTION_KEYS."""
    made = await add(world, wish(user="ann", password=PASSWORD))
    with pytest.raises(MailboxDown, match="ENCRYPTION_KEYS"):
        await opener(world, mailroom(FRESH)).open(made)


async def test_a_key_to_sign_with_is_made_once(world: World) -> None:
    """Red when a second click makes the published record wrong."""
    made = await add(world, wish())
    async with world.open_uow() as uow:
        first = await make_dkim_key(uow, made.id, workspace_id=world.workspace_id, mailroom=mailroom(), anew=False)
        again = await make_dkim_key(uow, made.id, workspace_id=world.workspace_id, mailroom=mailroom(), anew=False)
        other = await make_dkim_key(uow, made.id, workspace_id=world.workspace_id, mailroom=mailroom(), anew=True)
    assert first.dkim is not None
    assert first.dkim == again.dkim
    assert other.dkim is not None
    assert other.dkim.selector != first.dkim.selector
    names = [one.name for one in MailboxOut.of(first).dkim_records]
    assert [name.endswith("._domainkey.own.example") for name in names] == [True, True]


async def test_a_workspace_that_nobody_has_heard_of_waits(world: World) -> None:
    stranger = World(world.open_uow, workspace_id=uuid4())
    with pytest.raises(AppError) as pending:
        await add(stranger, wish())
    assert pending.value.code == "workspace_pending"


async def through(world: World) -> set[object]:
    """The mailboxes of the workspace's emails."""
    query = sa.select(emails.c.mailbox_id).where(emails.c.workspace_id == world.workspace_id)
    async with world.open_uow() as uow:
        return set((await uow.conn.execute(query)).scalars())


async def test_a_campaign_sends_through_all_of_the_workspaces_own_mailboxes_in_turn(world: World) -> None:
    """Red when one mailbox does all the work, or the settings' one is used although there are own ones."""
    own = {(await add(world, wish())).id for _ in range(3)}
    rows = [recipient(n, sandboxed=False) for n in range(1, 10)]
    await world.draft(await world.list_of(*rows))
    await world.start()
    await world.plan()
    assert await through(world) == own


async def test_made_up_rows_go_through_the_settings_sandbox_only(world: World) -> None:
    """P9: red when a list of the sandbox's would be shared out among real mailboxes."""
    real = await add(world, wish())
    await world.running(leads=3)
    assert await through(world) == {world.mailbox_id}
    list_id = await world.list_of(recipient(1))
    with pytest.raises(Conflict) as refused:
        await _create(world, NewCampaign(list_id, mailbox_ids=(real.id,)))
    assert refused.value.code == "sandboxed_rows"


async def test_a_workspace_s_own_sandboxed_mailbox_serves_before_the_settings_one(world: World) -> None:
    """Red when who tries a mailbox of their own against the sandbox sends a real sheet through the settings' mailbox."""
    own = await add(world, wish())
    await world.run(sa.update(mailboxes).where(mailboxes.c.id == own.id).values(sandboxed=True))
    list_id = await world.list_of(recipient(1, sandboxed=False))
    assert await _create(world, NewCampaign(list_id)) == own.id


async def test_only_mailboxes_of_the_workspace_can_be_chosen(world: World) -> None:
    """Red when a campaign may send under a stranger's name."""
    stranger = await World(world.open_uow).open()
    theirs, mine = await add(stranger, wish()), await add(world, wish())
    list_id = await world.list_of(recipient(1, sandboxed=False))
    with pytest.raises(NotFound):
        await _create(world, NewCampaign(list_id, mailbox_ids=(mine.id, theirs.id)))
    assert await _create(world, NewCampaign(list_id, mailbox_ids=(mine.id, mine.id))) == mine.id


async def _create(world: World, asked: NewCampaign) -> object:
    async with world.open_uow() as uow:
        made = await create_campaign(
            asked,
            uow=uow,
            workspace_id=world.workspace_id,
            mailbox_id=world.mailbox_id,
            default_quota=400,
            now=world.now,
        )
    return made.mailbox_id
