"""Mails of one connection that were begun and never called: together, they are what they were before."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common import many
from libs.common.compiled import Compiled
from libs.common.many import Statement
from services.sender.repositories import planning
from services.sender.repositories.arrays import one_of
from services.sender.repositories.claims import Claim
from services.sender.repositories.handfuls import GIVEN, ITS, OURS, SLOT, fetch_for, with_todays_slot
from services.sender.tables import emails, enrolments, mailboxes, slots

_UNCALLED = Compiled(
    with_todays_slot(
        select(emails.c.id, *SLOT)
        .select_from(GIVEN)
        .join(emails, and_(OURS, emails.c.state == "sending"))
        .join(enrolments, and_(enrolments.c.id == emails.c.enrolment_id, enrolments.c.state == "active")),
        state="used",
    )
    .where(slots.c.used_token == GIVEN.c.token)
    .with_for_update(key_share=True, of=(emails, enrolments, slots), skip_locked=True)
)
_UNDO = many.update(emails, ["id", "lease_until"], key="id", also=", state = 'planned', attempts = t.attempts - 1")
_UNUSE = Statement(
    slots,
    ["workspace_id", "day", "number"],
    "UPDATE {table} AS t SET state = 'assigned', used_token = NULL, changed_at = now() FROM {rows} WHERE {its} = 'used'",
    its=ITS,
)


async def take_back(conn: AsyncConnection, claims: Sequence[Claim], *, now: datetime) -> frozenset[UUID]:
    """`sending → planned` for what was begun today and never called, of leads that are still written to: the slot is the email's
    again, as before. Answers which. Where their mailbox does not send any more, a plan is asked for: whoever paused it asked
    before these slots were there."""
    found = await fetch_for(_UNCALLED, conn, claims, now=now)
    await many.write(
        conn,
        [
            (_UNDO, [(claim.email_id, None) for claim, _ in found]),
            (_UNUSE, [(row["workspace_id"], row["day"], row["number"]) for _, row in found]),
        ],
    )
    through = {claim.mailbox_id for claim, _ in found}
    query = select(mailboxes.c.id).where(one_of(mailboxes.c.id, list(through)), mailboxes.c.state != "active")
    idle = set((await conn.execute(query)).scalars())
    for workspace_id in sorted({claim.workspace_id for claim, _ in found if claim.mailbox_id in idle}):
        await planning.ask(conn, workspace_id)
    return frozenset(claim.email_id for claim, _ in found)
