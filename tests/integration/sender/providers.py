"""Mailboxes at SendGrid's, Mailgun's and Instantly's stand-ins: added as the routes do, sent through as the loops do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time
from typing import Any
from uuid import uuid4

from deploy.sandbox.app import SandboxApp
from libs.common.clock import utc_now
from services.sender.clients.mailbox import Mailbox
from services.sender.clients.mailroom import Mailroom
from services.sender.clients.provider_places import ProviderPlaces
from services.sender.domain.mailboxes.mailbox import MailboxView, Provider
from services.sender.domain.windows import ALWAYS, Window
from services.sender.use_cases.add_mailbox import MailboxWish
from services.sender.use_cases.create_campaign import NewCampaign, create_campaign
from services.sender.use_cases.prove_account import prove_wish
from services.sender.use_cases.send_context import SendContext
from services.sender.use_cases.send_emails import send_emails
from services.sender.use_cases.settle_hand_overs import Desk
from services.sender.use_cases.try_mailbox import sender_of
from tests.integration.sender.office import add, mailroom, opener
from tests.integration.sender.world import World, recipient, with_mailbox
from tests.support.waiting import eventually

ACCOUNT = "sales@sandbox.example"


def noon() -> datetime:
    """What Instantly's stand-in is told the time is: hours that end at 23:59 are open, and no day ends while a test runs."""
    return datetime.combine(utc_now().date(), time(12), tzinfo=UTC)


@dataclass
class Providers:
    """The sandbox as all three."""

    app: SandboxApp
    url: str
    room: Mailroom = field(init=False)

    def __post_init__(self) -> None:
        self.room = replace(mailroom(), places=ProviderPlaces(sandbox=self.url), provider_timeout_s=2)

    def turn(self, provider: str, **dials: Any) -> None:
        self.app.box.turn(self.app.box.dials.turned({provider: dials}))

    @property
    def inbox(self) -> Counter[str]:
        return Counter(mail.envelope_to[0] for mail in self.app.box.mailbox.newest(1000))

    async def quiet(self, provider: str) -> None:
        await eventually(lambda: not self.app.box.calls.in_flight[provider])

    def wish(self, provider: Provider, **more: Any) -> MailboxWish:
        address = ACCOUNT if provider == "instantly" else f"ann.{uuid4().hex[:8]}@own.example"
        return MailboxWish(address=address, name="Ann Own", provider=provider, **more)

    async def mailbox(self, world: World, provider: Provider, **more: Any) -> MailboxView:
        """A mailbox of the workspace at the stand-in."""
        wish = await prove_wish(self.wish(provider, **more), mailroom=self.room)
        return await add(world, wish, room=self.room)

    async def draft(
        self,
        world: World,
        view: MailboxView,
        *,
        leads: int,
        quota: int | None = None,
        first: int = 1,
        window: Window = ALWAYS,
    ) -> World:
        """A campaign through it, not started. Addresses are the workspace's own."""
        mine = with_mailbox(world, view.id)
        rows = [recipient(n, email=f"l{n}@{view.id.hex[-8:]}.example") for n in range(first, first + leads)]
        list_id = await mine.list_of(*rows)
        asked = NewCampaign(list_id, daily_quota=quota, window=window, mailbox_ids=(view.id,))
        async with world.open_uow() as uow:
            campaign = await create_campaign(
                asked,
                uow=uow,
                workspace_id=world.workspace_id,
                mailbox_id=world.mailbox_id,
                default_quota=world.quota,
                now=world.now,
            )
        mine.campaign_id = campaign.id
        return mine

    def context(self, world: World, view: MailboxView) -> SendContext:
        return replace(world.context, mailbox_id=view.id, own=True, sender=sender_of(view, postal_address="1 Street"))

    async def open(self, world: World, view: MailboxView) -> Mailbox:
        return (await opener(world, self.room).open(view)).mailbox

    async def send(
        self, world: World, view: MailboxView, *, around: Callable[[Mailbox], Mailbox] = lambda inner: inner
    ) -> None:
        """Turn after turn until nothing is claimed."""
        mailbox = around(await self.open(world, view))
        try:
            while (await send_emails(self.context(world, view), mailbox, stopping=lambda: False)).claimed:
                pass
        finally:
            await mailbox.close()

    def desk(self, world: World) -> Desk:
        return Desk(world.open_uow, opener(world, self.room), world.clock, world.quota)
