"""Emails of which nobody knows whether they were accepted: a person decides, or the provider that can be asked."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from libs.common.errors import Conflict, NotFound, Transient
from libs.common.ids import new_id
from services.sender.clients.mailbox import Capabilities, MailboxDown
from services.sender.domain.message import Letter
from services.sender.domain.resolving import LOOK_UP, Resolution
from services.sender.domain.sending import Accepted, NotCalled, Outcome, Unknown
from services.sender.repositories.claims import Claim
from services.sender.tables import email_resolutions, emails
from services.sender.use_cases import resolve_emails as many
from services.sender.use_cases.end_campaign import end_campaign
from services.sender.use_cases.look_up_unknown import look_up_all_unknown, look_up_unknown
from services.sender.use_cases.resolve_email import resolve_email
from services.sender.use_cases.resolve_emails import Chosen, Resolved, resolve_emails
from tests.integration.sender.world import TIMING, World, recipient

LOST = Unknown("lost after the final dot")


@dataclass
class Asked:
    """A provider that can be asked: it knows these Message-IDs."""

    knows: set[str] = field(default_factory=set[str])
    capabilities: Capabilities = field(default_factory=lambda: Capabilities(lookup=True))
    asked: list[str] = field(default_factory=list[str])
    down: bool = False

    async def open(self) -> None:
        self.asked = list(self.asked)

    async def send(self, letter: Letter, *, may_call: Callable[[], bool]) -> Outcome:
        del letter, may_call
        return NotCalled()

    async def lookup(self, message_id: str) -> Accepted | None:
        if self.down:
            raise Transient("the provider is away", code="away")
        self.asked.append(message_id)
        return Accepted("250 found") if message_id in self.knows else None

    async def close(self) -> None:
        self.asked = list(self.asked)


async def unknown(world: World, *, leads: int = 1, quota: int | None = None) -> Claim:
    """A mail that was sent and not answered."""
    await world.running(leads=leads, quota=quota)
    claim = await world.claim_one()
    await world.begin(claim)
    await world.record(claim, LOST)
    return claim


async def decide(world: World, claim: Claim, outcome: Resolution, *, by: str = "ann") -> bool:
    async with world.open_uow() as uow:
        return await resolve_email(
            uow,
            workspace_id=world.workspace_id,
            email_id=claim.email_id,
            outcome=outcome,
            decided_by=by,
            now=world.now,
        )


async def decisions(world: World) -> list[tuple[str, str, int]]:
    """By whom, what, and about which attempt."""
    mine = sa.select(email_resolutions).join(emails, emails.c.id == email_resolutions.c.email_id)
    query = mine.where(emails.c.workspace_id == world.workspace_id).order_by(email_resolutions.c.fencing_token)
    async with world.open_uow() as uow:
        return [(r.decided_by, r.outcome, r.fencing_token) for r in await uow.conn.execute(query)]


async def look_up(world: World, provider: Asked) -> int:
    return await look_up_unknown(world.open_uow, provider, mailbox_id=world.mailbox_id, clock=world.clock)


async def test_it_was_sent_keeps_the_slot_and_ends_the_enrolment(world: World) -> None:
    """Red when the decision frees the slot of a mail that was accepted, or leaves the campaign open for ever."""
    claim = await unknown(world, leads=1, quota=1)
    assert await decide(world, claim, "sent")
    assert await world.states() == {"sent": 1}
    assert await world.slot_states() == {"used": 1}
    await world.plan()
    assert not await world.is_open()
    assert await decisions(world) == [("ann", "sent", claim.token)]


async def test_send_again_takes_a_new_slot_and_the_same_message_id(world: World) -> None:
    """Red when the first attempt's slot is used twice (two accepts on a quota of one), or when the mail gets a new id."""
    claim = await unknown(world, leads=1, quota=1)
    assert await decide(world, claim, "send_again")
    assert await world.plan() == 0, "the attempt may have been accepted: today's one slot is used"
    world.later(days=1)
    assert await world.plan() == 1
    again = await world.claim_one()
    assert (again.email_id, again.message_id, again.token) == (claim.email_id, claim.message_id, claim.token + 1)
    assert (await world.begin(again)).state == "go"
    assert await world.slot_states() == {"used": 2}


async def test_two_clicks_are_one_decision(world: World) -> None:
    """Red when the email is not locked while somebody decides: a second 'send again' would plan it a second time."""
    claim = await unknown(world)
    clicks = await asyncio.gather(*(decide(world, claim, "send_again", by=f"click {n}") for n in range(4)))
    assert sorted(clicks) == [False, False, False, True]
    assert len(await decisions(world)) == 1


async def test_another_decision_is_refused_and_says_what_was_decided(world: World) -> None:
    """Red when the last click wins."""
    claim = await unknown(world)
    await decide(world, claim, "sent")
    with pytest.raises(Conflict) as refusal:
        await decide(world, claim, "send_again")
    assert (refusal.value.code, refusal.value.extra["outcome"]) == ("resolved_otherwise", "sent")


async def test_nobody_decides_while_the_call_may_still_be_accepted(world: World) -> None:
    """Model C, lease_covers: red when 'send again' is offered for what is `sending`: it would be accepted twice."""
    await world.running(leads=1)
    claim = await world.claim_one()
    await world.begin(claim)
    with pytest.raises(Conflict, match="sending until"):
        await decide(world, claim, "send_again")
    world.later(seconds=TIMING.sending_lease_s + 1)
    await world.resolve()
    assert await decide(world, claim, "send_again")


async def test_a_second_unknown_is_another_decision(world: World) -> None:
    """Red when decisions are kept for the email and not for its attempt: the second unknown could never be resolved."""
    claim = await unknown(world)
    await decide(world, claim, "send_again")
    await world.plan()
    again = await world.claim_one()
    await world.begin(again)
    await world.record(again, LOST)
    assert await decide(world, again, "sent")
    assert [what for _, what, _ in await decisions(world)] == ["send_again", "sent"]


async def test_the_worker_of_an_attempt_that_was_decided_on_has_nothing_to_say(world: World) -> None:
    """Rule fencing: red when a late answer of the first attempt is written over the decision."""
    claim = await unknown(world)
    await decide(world, claim, "send_again")
    assert await world.record(claim, Accepted("250 late")) is None
    assert await world.states() == {"planned": 1}


async def test_another_workspace_finds_no_such_email(world: World) -> None:
    """P7: red when the email is looked for by its id alone."""
    claim = await unknown(world)
    world.workspace_id = uuid4()
    with pytest.raises(NotFound):
        await decide(world, claim, "sent")


async def test_a_look_up_proves_acceptance_only(world: World) -> None:
    """Rule lookup_positive: red when 'not found' plans the mail again: the provider's log may lag behind."""
    claim = await unknown(world)
    provider = Asked()
    assert await look_up(world, provider) == 0
    assert await world.states() == {"unknown": 1}
    assert await world.slot_states() == {"used": 1}
    provider.knows.add(claim.message_id)
    world.later(minutes=1)
    assert await look_up(world, provider) == 1
    assert await world.states() == {"sent": 1}
    assert await decisions(world) == [(LOOK_UP, "sent", claim.token)]
    assert await look_up(world, provider) == 0


async def test_only_providers_that_can_be_asked_are_asked(world: World) -> None:
    """Red when a plain mail server is taken for one that knows, or when one that is away ends the others' resolving."""
    await unknown(world)
    provider = Asked(capabilities=Capabilities())
    assert await look_up(world, provider) == 0
    assert provider.asked == []
    assert await look_up(world, Asked(down=True)) == 0
    assert await world.states() == {"unknown": 1}


async def test_a_person_who_was_faster_than_the_look_up_keeps_the_word(world: World) -> None:
    """Red when a look-up writes without locking: 'send again' was decided, and the first attempt is 'sent' as well."""
    claim = await unknown(world)

    class Slow(Asked):
        async def lookup(self, message_id: str) -> Accepted | None:
            await decide(world, claim, "send_again")
            return await super().lookup(message_id)

    assert await look_up(world, Slow(knows={claim.message_id})) == 0
    assert await world.states() == {"planned": 1}


async def lost(world: World, *, leads: int, first: int = 1) -> list[Claim]:
    """What a crash leaves: mails that were sent and not answered, oldest first."""
    await world.draft(await world.list_of(*(recipient(n) for n in range(first, first + leads))))
    await world.start()
    await world.plan()
    claims = await world.claim(leads)
    for claim in claims:
        await world.begin(claim)
        await world.record(claim, LOST)
    return sorted(claims, key=lambda claim: claim.email_id)


async def decide_all(world: World, outcome: Resolution, **which: UUID | None) -> Resolved:
    async with world.open_uow() as uow:
        chosen = Chosen(world.workspace_id, **which)
        return await resolve_emails(uow, chosen, outcome=outcome, decided_by="ann", now=world.now)


async def test_many_unknowns_are_decided_on_at_once_and_once(world: World) -> None:
    """Red when two clicks decide twice, or when an answer of a lost attempt is written over what was decided."""
    claims = await lost(world, leads=3)
    clicks = await asyncio.gather(*(decide_all(world, "send_again") for _ in range(3)))
    assert sorted(click.resolved for click in clicks) == [0, 0, 3]
    assert await decisions(world) == [("ann", "send_again", claim.token) for claim in claims]
    assert await world.record(claims[0], Accepted("250 late")) is None
    assert await world.states() == {"planned": 3}


async def test_what_is_not_chosen_stays_unknown(world: World) -> None:
    """P7: red when those of another workspace, campaign or mailbox are decided on too; or what is not unknown."""
    await lost(world, leads=2)
    other = await lost(await World(world.open_uow).open(), leads=1)
    first = world.campaign_id
    await lost(world, leads=1, first=3)
    assert await decide_all(world, "sent", campaign_id=new_id()) == Resolved(0, 0, None)
    assert await decide_all(world, "sent", mailbox_id=new_id()) == Resolved(0, 0, None)
    assert await decide_all(world, "sent", campaign_id=first, mailbox_id=world.mailbox_id) == Resolved(2, 0, None)
    assert await world.states() == {"sent": 2, "unknown": 1}
    assert await decided(world, other) == []


async def decided(world: World, claims: list[Claim]) -> list[str]:
    ours = email_resolutions.c.email_id.in_([claim.email_id for claim in claims])
    async with world.open_uow() as uow:
        return list((await uow.conn.execute(sa.select(email_resolutions.c.outcome).where(ours))).scalars())


async def test_more_than_fit_at_once_go_on_behind_the_last(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Red when what cannot be decided comes again and again, so that those behind it are never reached."""
    monkeypatch.setattr(many, "MOST_AT_ONCE", 2)
    claims = await lost(world, leads=2)
    async with world.open_uow() as uow:
        await end_campaign(
            uow, workspace_id=world.workspace_id, campaign_id=world.campaign_id, ended_by=uuid4(), now=world.now
        )
    ended = world.campaign_id
    later = await lost(world, leads=1, first=3)
    assert world.campaign_id != ended
    first = await decide_all(world, "send_again")
    assert first == Resolved(0, 2, claims[-1].email_id), "nothing of an ended campaign is sent again"
    assert await decide_all(world, "send_again", after=first.next_after) == Resolved(1, 0, None)
    assert await decided(world, later) == ["send_again"]
    assert (await decide_all(world, "sent")).resolved == 2, "that they were sent can be said at any time"


async def test_an_unknown_of_yesterday_sent_again_uses_a_slot_of_today(world: World) -> None:
    """Midnight between the call and the decision: red when the slot of yesterday counts for today's send."""
    claim = await unknown(world, leads=3, quota=1)
    world.later(days=1)
    await world.plan()
    other = await world.claim_one()
    assert other.email_id != claim.email_id
    await decide(world, claim, "send_again")
    assert await world.plan() == 0, "today's slot is another's"
    world.later(days=1)
    assert await world.plan() == 1
    assert (await world.claim_one()).email_id == claim.email_id, "what waited longest heads the plan"


async def test_every_mailbox_with_unknown_mail_is_asked_also_behind_one_that_is_down(world: World) -> None:
    """Red when nobody asks by himself, or when a mailbox whose secrets are gone keeps the others from being asked."""
    claim = await unknown(world)
    other = await World(world.open_uow).open()
    theirs = await unknown(other)
    provider, opened = Asked(knows={claim.message_id, theirs.message_id}), list[UUID]()

    async def open_mailbox(mailbox_id: UUID) -> Asked | None:
        opened.append(mailbox_id)
        if mailbox_id == world.mailbox_id:
            raise MailboxDown("its secrets cannot be read")
        return provider if mailbox_id == other.mailbox_id else None

    await look_up_all_unknown(world.open_uow, open_mailbox, clock=world.clock)
    assert {world.mailbox_id, other.mailbox_id} <= set(opened)
    assert (await world.states(), await other.states()) == ({"unknown": 1}, {"sent": 1})


async def test_a_provider_is_asked_for_an_hour_at_growing_distances(world: World) -> None:
    """Red when it is asked every minute for days, or given up before its log has caught up; a second attempt is a new one."""
    claim = await unknown(world)
    provider, began, minutes = Asked(), world.now, list[int]()
    for minute in range(120):
        world.now = began + timedelta(minutes=minute)
        before = len(provider.asked)
        await look_up(world, provider)
        minutes += [minute] * (len(provider.asked) - before)
    assert minutes == [0, 1, 3, 7, 15, 31, 63]
    await decide(world, claim, "send_again")
    await world.plan()
    again = await world.claim_one()
    await world.begin(again)
    await world.record(again, LOST)
    provider.knows.add(again.message_id)
    assert await look_up(world, provider) == 1
