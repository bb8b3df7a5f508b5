"""What speaks for and against a send, as committed: read by the transaction that begins it, and by Start."""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
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
    return reasons_in(found)


def reasons_in(found: Mapping[str, Any]) -> Reasons:
    """The facts of a row that was asked for them, whatever else it has."""
    window = Window(frozenset(found["window_days"]), *(found[name] for name in _WINDOW[1:]))
    place = Whereabouts(*(found[name] for name in Whereabouts.__dataclass_fields__))
    named = {name: found[name] for name in Reasons.__dataclass_fields__ if name not in {"window", "place"}}
    return Reasons(**named, window=window, place=place)


@functools.cache
def _reasons() -> Compiled:
    enrolment_id = bindparam("enrolment_id")
    asked = Asked(
        workspace_id=bindparam("workspace_id", type_=Uuid()),
        enrolment_id=enrolment_id,
        email_id=bindparam("email_id"),
        step=bindparam("step", type_=Integer()),
        recipient=bindparam("recipient", type_=Text()),
    )
    query = select(*facts_about(asked)).select_from(enrolments).where(enrolments.c.id == enrolment_id)
    return Compiled(with_its_campaign(query, mailbox_id=bindparam("mailbox_id")))


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The mail that a query asks about: parameters, or columns of it."""

    workspace_id: ColumnElement[UUID]
    enrolment_id: ColumnElement[UUID]
    email_id: ColumnElement[UUID]
    step: ColumnElement[int]
    recipient: ColumnElement[str]


OF_EMAILS = Asked(
    workspace_id=emails.c.workspace_id,
    enrolment_id=emails.c.enrolment_id,
    email_id=emails.c.id,
    step=emails.c.step,
    recipient=emails.c.recipient,
)
"""Those that the query has."""


def facts_about(asked: Asked) -> list[ColumnElement[Any]]:
    """What `reasons_in` reads of a row. The query has `enrolments`, and the rest by `with_its_campaign`."""
    before = _same_mail_elsewhere(asked.workspace_id, step=asked.step).where(
        _other.c.recipient == asked.recipient, _other.c.id != asked.email_id
    )
    earlier = select(_earlier.c.id).where(
        _earlier.c.enrolment_id == asked.enrolment_id, _earlier.c.step < asked.step, _earlier.c.state != "sent"
    )
    return [
        is_suppressed(asked.workspace_id, asked.recipient).label("suppressed"),
        (enrolments.c.state == "active").label("enrolment_active"),
        (campaigns.c.state == "active").label("campaign_active"),
        (mailboxes.c.state == "active").label("mailbox_active"),
        recipients.c.sandboxed.label("sandboxed_lead"),
        mailboxes.c.sandboxed.label("sandboxed_mailbox"),
        before.exists().label("already_sent"),
        earlier.exists().label("earlier_open"),
        *(campaigns.c[name] for name in _WINDOW),
        *(enrolments.c[name] for name in Whereabouts.__dataclass_fields__),
    ]


def with_its_campaign(query: Select[Any], *, mailbox_id: ColumnElement[UUID]) -> Select[Any]:
    """The query with what an enrolment belongs to, and the mailbox."""
    return (
        query.join(campaigns, campaigns.c.id == enrolments.c.campaign_id)
        .join(mailboxes, mailboxes.c.id == mailbox_id)
        .join(recipients, recipients.c.id == enrolments.c.recipient_id)
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
