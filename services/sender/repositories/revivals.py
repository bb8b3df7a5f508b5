"""Dead letters that are sent again: which of them cannot be, and the rows that bring the others back."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.sender.repositories.arrays import one_of
from services.sender.repositories.campaigns import Turned
from services.sender.repositories.dead_letters import DeadLetter
from services.sender.repositories.enrolments import campaigns_of_addresses
from services.sender.repositories.suppressions import suppressed_among
from services.sender.tables import campaign_mailboxes, campaigns, emails, enrolments, lists, mailboxes


async def why_not(conn: AsyncConnection, letters: Sequence[DeadLetter], *, workspace_id: UUID) -> dict[UUID, str]:
    """Why some cannot be sent again, by email. Holds until the caller's end while it has the lock of starts.

    `campaign_ended`: a person has ended it. `list_deleted`: there is no row to make the mail of; the lists of the others are
    not deleted before the caller's end. `mailbox_deleted`, `suppressed`, and `in_other_campaign`, where the address waits
    there or in an earlier one of these.
    """
    ids = [letter.email_id for letter in letters]
    addresses = [letter.recipient for letter in letters]
    ended = await _of_ended(conn, ids)
    with_row = await _with_row(conn, ids)
    with_mailbox = await _with_mailbox(conn, ids)
    barred = await suppressed_among(conn, workspace_id=workspace_id, emails=addresses)
    taken = set(await campaigns_of_addresses(conn, workspace_id=workspace_id, addresses=addresses))
    reasons = dict[UUID, str]()
    for letter in letters:
        if letter.email_id in ended:
            reasons[letter.email_id] = "campaign_ended"
        elif letter.email_id not in with_row:
            reasons[letter.email_id] = "list_deleted"
        elif letter.email_id not in with_mailbox:
            reasons[letter.email_id] = "mailbox_deleted"
        elif letter.recipient in barred:
            reasons[letter.email_id] = "suppressed"
        elif letter.recipient in taken:
            reasons[letter.email_id] = "in_other_campaign"
        else:
            taken.add(letter.recipient)
    return reasons


async def revive(conn: AsyncConnection, email_ids: Sequence[UUID], *, now: datetime) -> list[Turned]:
    """Put the emails back among those that wait for a slot. Their campaigns go on; answers those that were finished."""
    if not email_ids:
        return []
    mail = update(emails).where(one_of(emails.c.id, email_ids), emails.c.state == "failed")
    mail = mail.values(state="planned", reason=None, ended_at=None, deferrals=0, due_at=now)
    theirs = (await conn.execute(mail.returning(emails.c.enrolment_id, emails.c.campaign_id))).all()
    assert len(theirs) == len(email_ids), "the email of an open dead letter has failed"
    again = {"state": "active", "reason": None, "detail": None, "ended_at": None, "wakes_at": None}
    enrolled = update(enrolments).where(one_of(enrolments.c.id, [row.enrolment_id for row in theirs]))
    await conn.execute(enrolled.values(again))
    campaign_ids = sorted({row.campaign_id for row in theirs})
    ended = update(campaigns).where(one_of(campaigns.c.id, campaign_ids), campaigns.c.state == "finished")
    ended = ended.values(state="active", finished_at=None).returning(campaigns.c.id, campaigns.c.name)
    return [Turned(row.id, row.name) for row in await conn.execute(ended)]


async def _of_ended(conn: AsyncConnection, email_ids: Sequence[UUID]) -> set[UUID]:
    query = select(emails.c.id).join(campaigns, campaigns.c.id == emails.c.campaign_id)
    return set(
        (await conn.execute(query.where(one_of(emails.c.id, email_ids), campaigns.c.ended_by.is_not(None)))).scalars()
    )


async def _with_row(conn: AsyncConnection, email_ids: Sequence[UUID]) -> set[UUID]:
    """Those whose row is there, and whose list nobody has asked to delete."""
    query = (
        select(emails.c.id)
        .join(enrolments, enrolments.c.id == emails.c.enrolment_id)
        .join(campaigns, campaigns.c.id == emails.c.campaign_id)
        .join(lists, lists.c.id == campaigns.c.list_id)
        .where(one_of(emails.c.id, email_ids), enrolments.c.recipient_id.is_not(None))
        .where(lists.c.state != "deleted", lists.c.delete_asked_at.is_(None))
        .order_by(lists.c.id)
        .with_for_update(read=True, key_share=True, of=lists)
    )
    return set((await conn.execute(query)).scalars())


async def _with_mailbox(conn: AsyncConnection, email_ids: Sequence[UUID]) -> set[UUID]:
    """Those whose lead's mailbox is not deleted; for a lead that has none yet, any of its campaign's."""
    also = select(campaign_mailboxes.c.mailbox_id).where(campaign_mailboxes.c.campaign_id == campaigns.c.id)
    of_campaign = or_(mailboxes.c.id == campaigns.c.mailbox_id, mailboxes.c.id.in_(also))
    of_lead = mailboxes.c.id == enrolments.c.mailbox_id
    query = (
        select(emails.c.id)
        .join(enrolments, enrolments.c.id == emails.c.enrolment_id)
        .join(campaigns, campaigns.c.id == emails.c.campaign_id)
        .join(mailboxes, or_(of_lead, and_(enrolments.c.mailbox_id.is_(None), of_campaign)))
        .where(one_of(emails.c.id, email_ids), mailboxes.c.deleted_at.is_(None))
    )
    return set((await conn.execute(query)).scalars())
