"""Claims whose lease has run out: their process is gone, or slow."""

from datetime import datetime

from sqlalchemy import DateTime, Integer, Text, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.compiled import Compiled
from services.sender.repositories.endings import REASON

# Whose row another holds is passed over, and its batch stays: to wait for it could be to wait for each other.
_RELEASE = Compiled(
    text(
        """
        WITH over AS MATERIALIZED (
            SELECT id, email_ids FROM sender.claim_batches WHERE lease_until < :now
            ORDER BY lease_until LIMIT :batches FOR UPDATE SKIP LOCKED
        ), theirs AS MATERIALIZED (
            SELECT over.id AS batch_id, emails.id FROM over JOIN sender.emails ON emails.id = ANY (over.email_ids)
            WHERE emails.state = 'claimed' AND emails.lease_until < :now
        ), held AS MATERIALIZED (
            SELECT id, enrolment_id FROM sender.emails WHERE id = ANY (ARRAY(SELECT id FROM theirs))
                AND state = 'claimed' AND lease_until < :now
            FOR UPDATE SKIP LOCKED
        ), released AS (
            UPDATE sender.emails SET lease_until = NULL, state = CASE WHEN its.ended THEN 'cancelled' ELSE 'planned' END,
                reason = CASE WHEN its.ended THEN enrolments.reason ELSE emails.reason END,
                ended_at = CASE WHEN its.ended THEN :now END
            FROM held JOIN sender.enrolments ON enrolments.id = held.enrolment_id
                CROSS JOIN LATERAL (SELECT enrolments.state = 'stopped' AND enrolments.reason = :ended) AS its (ended)
            WHERE emails.id = held.id
        )
        DELETE FROM sender.claim_batches USING over WHERE claim_batches.id = over.id AND NOT EXISTS (
            SELECT FROM theirs WHERE batch_id = over.id AND theirs.id NOT IN (SELECT id FROM held)
        )
        RETURNING claim_batches.id
        """
    ).bindparams(
        bindparam("now", type_=DateTime(timezone=True)),
        bindparam("batches", type_=Integer),
        bindparam("ended", type_=Text),
    )
)
BATCHES = 50
"""So many at once: after an hour without any process there are thousands, which no single statement would get through."""


async def release_expired_claims(conn: AsyncConnection, *, now: datetime) -> int:
    """Claims whose lease ran out are planned again. Nothing has been called for them: `sending` begins first. Where a person has
    ended their campaign meanwhile, they are cancelled.

    Some batches at a time, those that have waited longest first; answers how many are done with.
    """
    return len(await _RELEASE.fetch(conn, now=now, batches=BATCHES, ended=REASON))
