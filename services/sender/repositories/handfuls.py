"""Mails of one connection that are begun or recorded together: one statement locks and reads, one writes.
Whatever somebody else has locked is passed over, so that nobody waits with some of the rows in hand for others of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Select, Uuid, and_, bindparam, func, literal_column, or_, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common import many
from libs.common.compiled import Compiled
from libs.common.many import Given, Statement
from services.sender.repositories.claims import Claim
from services.sender.repositories.emails import OPEN
from services.sender.repositories.facts import OF_EMAILS, Reasons, facts_about, reasons_in, with_its_campaign
from services.sender.repositories.words import Words, with_words, words_in
from services.sender.tables import daily_plans, emails, enrolments, slots

# A connection keeps the plan of a statement, also one that was made while a table was all but empty.
_BY_INDEX = text("SELECT set_config('enable_seqscan', 'off', true)")
GIVEN = (
    func.unnest(bindparam("ids", type_=ARRAY(Uuid)), bindparam("tokens", type_=ARRAY(BigInteger)))
    .table_valued("id", "token")
    .render_derived(name="given")
)
OURS = and_(emails.c.id == GIVEN.c.id, emails.c.fencing_token == GIVEN.c.token)
_TODAY = (
    select(daily_plans.c.day, daily_plans.c.ends_at)
    .where(daily_plans.c.workspace_id == emails.c.workspace_id, daily_plans.c.starts_at <= bindparam("now"))
    .where(bindparam("now") < daily_plans.c.ends_at)
    .order_by(daily_plans.c.day.desc())
    .limit(literal_column("1"))
    .lateral("today")
)


def with_todays_slot(query: Select[*tuple[Any, ...]], *, state: str) -> Select[*tuple[Any, ...]]:
    """A query of emails, with the slot that each has today and the plan it is of."""
    its_own = and_(slots.c.email_id == emails.c.id, slots.c.state == literal_column(f"'{state}'"))
    return query.join(_TODAY, literal_column("true")).join(slots, and_(its_own, slots.c.day == _TODAY.c.day))


SLOT = (slots.c.workspace_id, slots.c.day, slots.c.number)
_CLAIMED = Compiled(
    with_words(
        with_its_campaign(
            with_todays_slot(
                select(
                    emails.c.id,
                    emails.c.recipient,
                    enrolments.c.mailbox_id.label("stays_with"),
                    *SLOT,
                    _TODAY.c.ends_at,
                    *facts_about(OF_EMAILS),
                )
                .select_from(GIVEN)
                .join(emails, and_(OURS, emails.c.state == "claimed"))
                .join(enrolments, enrolments.c.id == emails.c.enrolment_id),
                state="assigned",
            ),
            mailbox_id=emails.c.mailbox_id,
        )
    ).with_for_update(key_share=True, of=(emails, enrolments, slots), skip_locked=True)
)
_other = emails.alias()
_WAITS = select(_other.c.id).where(
    _other.c.enrolment_id == enrolments.c.id,
    _other.c.id != emails.c.id,
    or_(*(_other.c.state == state for state in OPEN)),
)
_CALLED = Compiled(
    select(emails.c.id, and_(enrolments.c.state == "active", ~_WAITS.exists()).label("was_last"))
    .select_from(GIVEN)
    .join(emails, and_(OURS, or_(emails.c.state == "sending", emails.c.state == "unknown")))
    .join(enrolments, enrolments.c.id == emails.c.enrolment_id)
    .with_for_update(key_share=True, of=(emails, enrolments), skip_locked=True)
)
_BEGIN = many.update(
    emails,
    ["id", "subject", "sending_at", "lease_until"],
    key="id",
    also=", state = 'sending', attempts = t.attempts + 1",
)
_STAY = many.update(enrolments, ["id", "mailbox_id"], key="id")
_SENT = many.update(emails, ["id", "ended_at"], key="id", also=", state = 'sent', reason = NULL, lease_until = NULL")
_FINISH = many.update(enrolments, ["id", "ended_at"], key="id", also=", state = 'finished'")
ITS = "t.workspace_id = n.workspace_id AND t.day = n.day AND t.number = n.number AND t.state"
_USE = Statement(
    slots,
    ["workspace_id", "day", "number", "used_token"],
    "UPDATE {table} AS t SET state = 'used', used_token = n.used_token, changed_at = now() FROM {rows}"
    " WHERE {its} = 'assigned'",
    its=ITS,
)


@dataclass(frozen=True)
class Ready:
    """A claimed email, locked with its enrolment and its slot of today; `stays`: its lead has its mailbox already."""

    claim: Claim
    day_ends_at: datetime
    facts: Reasons
    words: Words
    slot: tuple[UUID, date, int]
    stays: bool


async def by_index(conn: AsyncConnection) -> None:
    """The first statement of a transaction about a handful: what comes is looked up by keys."""
    await conn.execute(_BY_INDEX)


async def lock_claimed(conn: AsyncConnection, claims: Sequence[Claim], *, now: datetime) -> list[Ready]:
    """Those that are claimed by these very claims, have a slot today, and are in nobody else's hands."""
    found = await fetch_for(_CLAIMED, conn, claims, now=now)
    return [
        Ready(
            claim=claim,
            day_ends_at=row["ends_at"],
            facts=reasons_in(row),
            words=words_in(row),
            slot=(row["workspace_id"], row["day"], row["number"]),
            stays=row["stays_with"] is not None,
        )
        for claim, row in found
        if row["recipient"] == claim.recipient
    ]


async def mark_sending(
    conn: AsyncConnection, ready: Sequence[tuple[Ready, str]], *, now: datetime, lease_s: float
) -> None:
    """`claimed → sending` with these subjects: slots used, leads bound to their mailbox."""
    until = now + timedelta(seconds=lease_s)
    await many.write(
        conn,
        [
            (_BEGIN, [(one.claim.email_id, subject, now, until) for one, subject in ready]),
            (_USE, [(*one.slot, one.claim.token) for one, _ in ready]),
            (_STAY, [(one.claim.enrolment_id, one.claim.mailbox_id) for one, _ in ready if not one.stays]),
        ],
    )


async def lock_called(conn: AsyncConnection, claims: Sequence[Claim]) -> list[tuple[Claim, bool]]:
    """Those that are `sending` or `unknown` under our token, in nobody else's hands, and whether it was the last of its lead."""
    return [(claim, row["was_last"]) for claim, row in await fetch_for(_CALLED, conn, claims)]


def as_sent(called: Sequence[tuple[Claim, bool]], *, now: datetime) -> list[Given]:
    """What is to be written of mails that were accepted."""
    return [
        (_SENT, [(claim.email_id, now) for claim, _ in called]),
        (_FINISH, [(claim.enrolment_id, now) for claim, was_last in called if was_last]),
    ]


async def fetch_for(
    query: Compiled, conn: AsyncConnection, claims: Sequence[Claim], **more: object
) -> list[tuple[Claim, Mapping[str, Any]]]:
    """What a query of `GIVEN` finds of these claims, each with its row."""
    mine = {claim.email_id: claim for claim in claims}
    rows = await query.fetch(conn, ids=list(mine), tokens=[claim.token for claim in mine.values()], **more)
    return [(mine[row["id"]], row) for row in rows]
