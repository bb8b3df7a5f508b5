"""A person sends themselves a mail of a campaign, to see it as a reader does. It is marked, and nobody's mail."""

import contextlib
import time
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from libs.common.errors import Conflict, NotFound, RateLimited
from libs.common.ids import new_id
from libs.common.repeats import Once
from libs.common.uow import UnitOfWork
from services.sender.clients.mailbox import MailboxDown
from services.sender.domain.addresses import normalise
from services.sender.domain.mailboxes.dkim import signed
from services.sender.domain.mailboxes.mailbox import MailboxView
from services.sender.domain.message import Letter, Sender, message_id_of
from services.sender.domain.plan.terms import FIRST_STEP
from services.sender.domain.sending import Accepted, Deferred, NotCalled, Outcome, Refused, Unknown
from services.sender.domain.templates import Rendered
from services.sender.domain.unsubscribing import NOBODY
from services.sender.domain.writing import Addressee, Writer
from services.sender.repositories import campaigns, mailboxes, suppressions, test_mails
from services.sender.repositories.campaigns import Campaign
from services.sender.repositories.test_mails import TestMail
from services.sender.use_cases.check_campaign import addressee, lines_of, writer_of
from services.sender.use_cases.limit_tries import limit_tries
from services.sender.use_cases.open_mailbox import Opener
from services.sender.use_cases.preview_mail import Subject, find_row
from services.sender.use_cases.send_context import HouseContext
from services.sender.use_cases.try_mailbox import sender_of

MARK = "[Test] "
MOST_A_DAY = 100
"""Test mails of a workspace: more would be a campaign."""


@dataclass(frozen=True)
class Asked:
    """Who wants a test of which campaign: sent `to`, made for one row. `once` has the request's Idempotency-Key."""

    workspace_id: UUID
    user_id: UUID
    campaign_id: UUID
    to: str
    once: Once
    row_no: int | None = None
    lead_id: UUID | None = None

    @property
    def key(self) -> str:
        """What the test mail is known by."""
        assert self.once.key is not None, "the route requires one"
        return self.once.key


@dataclass(frozen=True)
class _Made:
    mail: TestMail
    rendered: Rendered
    writer: Writer
    view: MailboxView
    again: bool


async def send_test(asked: Asked, *, house: HouseContext, opener: Opener) -> TestMail:
    """Claim, call, record. The second request under one key is answered with what became of the first.

    Raises NotFound (campaign_not_found, row_not_found), Invalid (invalid_address, and as a mail that cannot be made),
    Conflict (suppressed, mailbox_paused, sandboxed_rows, idempotency_key_reused), RateLimited (too_many_test_mails,
    mailbox_tried_too_often).
    """
    async with house.open_uow() as uow:
        made = await _begin(uow, asked, house=house)
    if made.again:
        return made.mail
    outcome = await _call(made, asked, house=house, opener=opener)
    state, reason = _ended(outcome)
    async with house.open_uow() as uow:
        await test_mails.end(uow.conn, made.mail.id, state=state, reason=reason, now=await house.clock(uow.conn))
    return replace(made.mail, state=state, reason=reason)


async def _begin(uow: UnitOfWork, asked: Asked, *, house: HouseContext) -> _Made:
    await asked.once.known(uow)
    now = await house.clock(uow.conn)
    campaign = await campaigns.load_campaign(uow.conn, workspace_id=asked.workspace_id, campaign_id=asked.campaign_id)
    if campaign is None:
        raise NotFound(f"there is no campaign {asked.campaign_id}", code="campaign_not_found")
    to = normalise(asked.to)
    if await suppressions.suppressed_among(uow.conn, workspace_id=asked.workspace_id, emails=[to]):
        raise Conflict(f"{to} is suppressed: nobody writes to it, not even for a test", code="suppressed")
    view = await _mailbox(uow, campaign)
    writer = await _writer(uow, view, campaign, house=house)
    rendered = await _render(uow, campaign, asked, view=view, writer=writer)
    mail = TestMail(new_id(), to, rendered.subject, "sending", None, now)
    begun = await test_mails.begin(
        uow.conn,
        mail,
        key=asked.key,
        workspace_id=asked.workspace_id,
        campaign_id=asked.campaign_id,
        mailbox_id=view.id,
        asked_by=asked.user_id,
    )
    if not begun:
        earlier = await test_mails.load_asked(uow.conn, workspace_id=asked.workspace_id, key=asked.key, now=now)
        assert earlier is not None, "its key is taken"
        return _Made(earlier, rendered, writer, view, again=True)
    await limit_tries(uow, view, workspace_id=asked.workspace_id, what="test_mail", now=now)
    if await test_mails.count_since(uow.conn, asked.workspace_id, since=now - timedelta(days=1)) > MOST_A_DAY:
        msg = f"more than {MOST_A_DAY} test mails in a day: look at previews instead, or wait until tomorrow"
        raise RateLimited(msg, code="too_many_test_mails", extra={"retry_after_s": 3600})
    return _Made(mail, rendered, writer, view, again=False)


async def _mailbox(uow: UnitOfWork, campaign: Campaign) -> MailboxView:
    view = await mailboxes.load(uow.conn, campaign.mailbox_id)
    if view is None:
        raise Conflict("the campaign's mailbox is deleted: make a campaign with another", code="mailbox_missing")
    if view.pause is not None:
        raise Conflict(f"{view.address} is paused: {view.pause.detail}", code="mailbox_paused")
    return view


async def _writer(uow: UnitOfWork, view: MailboxView, campaign: Campaign, *, house: HouseContext) -> Writer:
    sender: Sender = house.sender
    if view.workspace_id is not None:
        sender = sender_of(view, postal_address=house.sender.postal_address)
    writer = await writer_of(uow, campaign.workspace_id, writer=Writer(sender, house.links))
    return replace(writer, sender=replace(writer.sender, name=sender.name)) if view.workspace_id else writer


async def _render(uow: UnitOfWork, campaign: Campaign, asked: Asked, *, view: MailboxView, writer: Writer) -> Rendered:
    subject = Subject(campaign.list_id, asked.row_no, asked.lead_id)
    row = await find_row(uow, subject, workspace_id=campaign.workspace_id)
    assert row is not None, "a list was named"
    if row.sandboxed and not view.sandboxed:
        msg = f"row {row.row_no} was made up by the sandbox and does not leave through a real mailbox"
        raise Conflict(msg, code="sandboxed_rows")
    lines = await lines_of(uow, campaign.id, [row])
    to = replace(addressee(row, campaign.workspace_id, lines), is_test=True)
    rendered = writer.words(campaign.source, to)
    return replace(rendered, subject=MARK + rendered.subject)


async def _call(made: _Made, asked: Asked, *, house: HouseContext, opener: Opener) -> Outcome:
    deadline = time.monotonic() + house.timing.call_deadline_s
    try:
        opened = await opener.open(made.view)
        try:
            await opened.mailbox.open()
            letter = _letter(made, asked)
            if opened.signer is not None:
                letter = replace(letter, content=signed(letter.content, opened.signer, now=made.mail.created_at))
            return await opened.mailbox.send(letter, may_call=lambda: time.monotonic() < deadline)
        finally:
            with contextlib.suppress(MailboxDown):
                await opened.mailbox.close()
    except MailboxDown as error:
        return Deferred(error.message, mailbox=True)


def _letter(made: _Made, asked: Asked) -> Letter:
    mail = made.mail
    to = Addressee(asked.workspace_id, NOBODY, mail.id, mail.recipient, FIRST_STEP, {}, {}, is_test=True)
    message_id = message_id_of(mail.id, domain=made.writer.sender.domain)
    return made.writer.letter(made.rendered, to, message_id=message_id, now=mail.created_at)


def _ended(outcome: Outcome) -> tuple[str, str | None]:
    match outcome:
        case Accepted():
            return "sent", None
        case Unknown(reply):
            return "unknown", reply
        case Refused(reply) | Deferred(reply) | NotCalled(reply):
            return "failed", reply
