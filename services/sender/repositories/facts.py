"""What speaks for and against a send, as committed: read by the transaction that begins it, and by Start."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, Select, Text, Uuid, bindparam, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.compiled import Compiled
from services.sender.domain.windows import Window
from services.sender.repositories.suppressions import is_suppressed
from services.sender.tables import campaigns, emails, enrolments, mailboxes, recipients

_ASKED = ("workspace_id", "enrolment_id", "email_id", "mailbox_id", "step", "recipient")
_TEXT = ("subject", "text_body", "html_body")
_WINDOW = ("window_days", "window_from_min", "window_to_min", "skip_holidays")
_other, _its_campaign, _its_mailbox = emails.alias(), campaigns.alias(), mailboxes.alias()
_earlier = emails.alias()


class Mail(Protocol):
    """A mail, or one that could be made: its own id, and what the facts are asked about."""

    @property
    def workspace_id(self) -> UUID: ...
    @property
    def enrolment_id(self) -> UUID: ...
    @property
    def email_id(self) -> UUID: ...
    @property
    def mailbox_id(self) -> UUID: ...
    @property
    def step(self) -> int: ...
    @property
    def recipient(self) -> str: ...


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A mail that nobody has claimed."""

    workspace_id: UUID
    enrolment_id: UUID
    email_id: UUID
    mailbox_id: UUID
    step: int
    recipient: str


@dataclass(frozen=True)
class Whereabouts:
    """Where the lead's clock hangs."""

    time_zone: str
    country: str
    subdivision: str


@dataclass(frozen=True)
class Reasons:
    """Why a claimed email might not be sent now."""

    suppressed: bool
    enrolment_active: bool
    campaign_active: bool
    mailbox_active: bool
    sandboxed_lead: bool
    sandboxed_mailbox: bool
    already_sent: bool
    earlier_open: bool
    window: Window
    place: Whereabouts


async def reasons(conn: AsyncConnection, claim: Mail) -> Reasons:
    """What speaks for and against this send, as committed now."""
    (found,) = await _reasons().fetch(conn, **{name: getattr(claim, name) for name in _ASKED})
    row = dict(found)
    days, from_min, to_min, skip_holidays = (row.pop(name) for name in _WINDOW)
    place = Whereabouts(*(row.pop(name) for name in Whereabouts.__dataclass_fields__))
    return Reasons(**row, window=Window(frozenset(days), from_min, to_min, skip_holidays), place=place)


@functools.cache
def _reasons() -> Compiled:
    workspace_id, recipient = bindparam("workspace_id", type_=Uuid()), bindparam("recipient", type_=Text())
    enrolment_id, step = bindparam("enrolment_id"), bindparam("step", type_=Integer())
    before = _same_mail_elsewhere(workspace_id, step=step).where(
        _other.c.recipient == recipient, _other.c.id != bindparam("email_id")
    )
    earlier = select(_earlier.c.id).where(
        _earlier.c.enrolment_id == enrolment_id, _earlier.c.step < step, _earlier.c.state != "sent"
    )
    return Compiled(
        select(
            is_suppressed(workspace_id, recipient).label("suppressed"),
            (enrolments.c.state == "active").label("enrolment_active"),
            (campaigns.c.state == "active").label("campaign_active"),
            (mailboxes.c.state == "active").label("mailbox_active"),
            recipients.c.sandboxed.label("sandboxed_lead"),
            mailboxes.c.sandboxed.label("sandboxed_mailbox"),
            before.exists().label("already_sent"),
            earlier.exists().label("earlier_open"),
            *(campaigns.c[name] for name in _WINDOW),
            *(enrolments.c[name] for name in Whereabouts.__dataclass_fields__),
        )
        .select_from(enrolments)
        .join(campaigns, campaigns.c.id == enrolments.c.campaign_id)
        .join(mailboxes, mailboxes.c.id == bindparam("mailbox_id"))
        .join(recipients, recipients.c.id == enrolments.c.recipient_id)
        .where(enrolments.c.id == enrolment_id)
    )


async def sent_before(
    conn: AsyncConnection, *, workspace_id: UUID, campaign_id: UUID, step: int, addresses: Sequence[str]
) -> dict[str, UUID]:
    """Who has had this very mail of the campaign from another one, and from which."""
    query = (
        _same_mail_elsewhere(workspace_id, step=step)
        .add_columns(_other.c.recipient, _other.c.campaign_id)
        .join(campaigns, campaigns.c.id == campaign_id)
        .join(mailboxes, mailboxes.c.id == campaigns.c.mailbox_id)
        .where(_other.c.recipient.in_(addresses), _other.c.campaign_id != campaign_id)
    )
    return {row.recipient: row.campaign_id for row in await conn.execute(query)}


def _same_mail_elsewhere(
    workspace_id: ColumnElement[UUID] | UUID, *, step: ColumnElement[int] | int
) -> Select[tuple[UUID]]:
    """Emails that have, or may have, arrived with the text that the query's `campaigns` and `mailboxes` would send again.

    What a sandbox took has reached nobody.
    """
    same_text = (_its_campaign.c[name].is_not_distinct_from(campaigns.c[name]) for name in _TEXT)
    return (
        select(_other.c.id)
        .join(_its_campaign, _its_campaign.c.id == _other.c.campaign_id)
        .join(_its_mailbox, _its_mailbox.c.id == _other.c.mailbox_id)
        .where(_other.c.workspace_id == workspace_id, _other.c.step == step)
        .where(or_(*(_other.c.state == state for state in ("sending", "sent", "unknown"))), *same_text)
        .where(_its_mailbox.c.sandboxed == mailboxes.c.sandboxed)
    )
