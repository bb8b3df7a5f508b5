"""Emails that are given a slot: rows that a plan makes, and rows that it takes up again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.compiled import Compiled

# As arrays of one statement: row by row a driver is asked for each.
_ADD = Compiled(
    text(
        """
        INSERT INTO sender.emails (id, workspace_id, campaign_id, enrolment_id, lead_id, mailbox_id, step, recipient,
            message_id, due_at, created_at)
        SELECT id, :workspace, campaign_id, enrolment_id, lead_id, mailbox_id, step, recipient, message_id, :at, :at
        FROM unnest(CAST(:ids AS uuid[]), CAST(:campaign_ids AS uuid[]), CAST(:enrolment_ids AS uuid[]),
            CAST(:lead_ids AS uuid[]), CAST(:mailbox_ids AS uuid[]), CAST(:steps AS int[]), CAST(:recipients AS text[]),
            CAST(:message_ids AS text[]))
            AS each (id, campaign_id, enrolment_id, lead_id, mailbox_id, step, recipient, message_id)
        """
    )
)
_TAKE_UP = Compiled(
    text(
        """
        UPDATE sender.emails SET state = 'planned', mailbox_id = each.mailbox_id
        FROM unnest(CAST(:ids AS uuid[]), CAST(:mailbox_ids AS uuid[])) AS each (id, mailbox_id)
        WHERE emails.id = each.id AND emails.state IN ('planned', 'deferred')
        """
    )
)


@dataclass(frozen=True, slots=True)
class NewEmail:
    """A mail that is planned for the first time."""

    id: UUID
    campaign_id: UUID
    enrolment_id: UUID
    lead_id: UUID
    mailbox_id: UUID
    step: int
    recipient: str
    message_id: str


async def add_emails(conn: AsyncConnection, new: Sequence[NewEmail], *, workspace_id: UUID, at: datetime) -> None:
    """Rows for mails that are planned for the first time."""
    if new:
        each = {f"{name}s": [getattr(one, name) for one in new] for name in NewEmail.__dataclass_fields__}
        await _ADD.fetch(conn, workspace=workspace_id, at=at, **each)


async def put_in_plan(conn: AsyncConnection, mailbox_by_email: Mapping[UUID, UUID]) -> None:
    """Emails that were given a slot are planned, from this mailbox."""
    if mailbox_by_email:
        await _TAKE_UP.fetch(conn, ids=list(mailbox_by_email), mailbox_ids=list(mailbox_by_email.values()))
