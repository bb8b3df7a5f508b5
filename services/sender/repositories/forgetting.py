"""Forgetting a person: what tells of them is emptied, what is counted stays. All of it by one address of one workspace."""

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import TextClause, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.naming import name_pattern_of, pattern_of
from services.sender.repositories.arrays import one_of
from services.sender.repositories.erasures import Erasing
from services.sender.repositories.plan import release_assigned
from services.sender.tables import emails, enrolments, slots

REASON = "erased"


_STATEMENTS: Mapping[str, tuple[TextClause, ...]] = {
    "test_mails": (
        text(
            """
            UPDATE sender.test_mails t SET recipient = :alias, subject = '' WHERE t.workspace_id = :workspace_id AND (
                lower(t.recipient) = :address OR EXISTS (
                    SELECT FROM sender.recipients r, unnest(ARRAY[r.first_name, r.last_name, r.company, r.line]) AS said
                    WHERE r.workspace_id = :workspace_id AND r.lead_id = :lead_id
                      AND length(said) > 1 AND strpos(lower(t.subject), lower(said)) > 0))
            """
        ),
    ),
    "line_corrections": (
        # The last word on the row, so that none that comes late is written to it.
        text(
            """
            INSERT INTO sender.line_corrections (list_id, row_no, attempt, version, status, sandboxed)
            SELECT list_id, row_no, 'ffffffff-ffff-ffff-ffff-ffffffffffff', 2147483647, status, sandboxed
            FROM sender.recipients WHERE workspace_id = :workspace_id AND lead_id = :lead_id
            ON CONFLICT (list_id, row_no) DO UPDATE
            SET attempt = EXCLUDED.attempt, version = EXCLUDED.version, line = '', product = '', pitch = ''
            """
        ),
    ),
    "campaign_lines": (
        text("DELETE FROM sender.campaign_lines WHERE workspace_id = :workspace_id AND lead_id = :lead_id"),
    ),
    "dead_letters": (
        text(
            """
            UPDATE sender.dead_emails d
            SET detail = '', state = CASE d.state WHEN 'open' THEN 'discarded' ELSE d.state END,
                closed_at = coalesce(d.closed_at, :now)
            FROM sender.emails e WHERE e.id = d.email_id AND d.workspace_id = :workspace_id
              AND (e.lead_id = :lead_id OR e.recipient = :address)
            """
        ),
    ),
    "edits_of_dead_letters": (
        text(
            """
            UPDATE sender.dead_email_actions a SET detail = '{}'
            FROM sender.dead_emails d JOIN sender.emails e ON e.id = d.email_id
            WHERE a.email_id = d.email_id AND d.workspace_id = :workspace_id AND a.detail <> '{}'
              AND (e.lead_id = :lead_id OR e.recipient = :address OR strpos(lower(a.detail::text), :address) > 0)
            """
        ),
    ),
    "emails": (
        text(
            """
            UPDATE sender.emails SET recipient = :alias, subject = NULL,
                reason = CASE WHEN reason IS NULL OR reason ~ '^[a-z0-9_]+$' THEN reason ELSE 'erased' END
            WHERE workspace_id = :workspace_id AND (lead_id = :lead_id OR recipient = :address)
            """
        ),
    ),
    "enrolments": (
        text(
            """
            UPDATE sender.enrolments SET email = :alias, detail = NULL, country = '', subdivision = '',
                reason = CASE WHEN reason IS NULL OR reason ~ '^[a-z0-9_]+$' THEN reason ELSE 'erased' END
            WHERE workspace_id = :workspace_id AND (lead_id = :lead_id OR recipient_id IN (
                SELECT id FROM sender.recipients WHERE workspace_id = :workspace_id AND lead_id = :lead_id))
            """
        ),
    ),
    "list_rows": (
        text(
            """
            UPDATE sender.recipients
            SET email = :alias, first_name = '', last_name = '', company = '', title = '', country = '', state = '',
                city = '', phone = '', line = '', product = '', pitch = '', fields = '{}', set_aside = 'suppressed',
                duplicate_of = NULL, taken_in = false
            WHERE workspace_id = :workspace_id AND lead_id = :lead_id
            """
        ),
        text(
            """
            UPDATE sender.recipients
            SET email = :alias, first_name = '', last_name = '', company = '', title = '', country = '', state = '',
                city = '', phone = '', line = '', product = '', pitch = '', fields = '{}', set_aside = 'suppressed',
                duplicate_of = NULL, taken_in = false
            WHERE list_id IN (SELECT id FROM sender.lists WHERE workspace_id = :workspace_id)
              AND email ~ :named
            """
        ),
    ),
    "mentions_in_other_rows": (
        text(
            """
            UPDATE sender.recipients
            SET fields = regexp_replace(fields::text, :named, 'erased', 'gi')::jsonb,
                line = regexp_replace(line, :named, 'erased', 'gi')
            WHERE list_id IN (SELECT id FROM sender.lists WHERE workspace_id = :workspace_id)
              AND (lower(fields::text) ~ :named OR lower(line) ~ :named)
            """
        ),
    ),
    "take_backs": (
        text(
            """
            UPDATE sender.take_backs SET email = :alias, trouble = NULL WHERE email = :address AND state <> 'open'
              AND campaign_id IN (SELECT id FROM sender.campaigns WHERE workspace_id = :workspace_id)
            """
        ),
    ),
    "names": (
        *(
            text(
                f"""
                UPDATE sender.{table} SET name = regexp_replace(name, :called, 'erased', 'gi')
                WHERE workspace_id = :workspace_id AND lower(name) ~ :called
                """  # noqa: S608 - our own tables
            )
            for table in ("lists", "campaigns")
        ),
    ),
    "mailboxes": (
        text(
            """
            UPDATE sender.mailboxes
            SET paused_detail = regexp_replace(paused_detail, :named, 'erased', 'gi'),
                trouble = regexp_replace(trouble, :named, 'erased', 'gi')
            WHERE workspace_id = :workspace_id AND (lower(paused_detail) ~ :named OR lower(trouble) ~ :named)
            """
        ),
    ),
    "suppressions": (
        text("SELECT set_config('sender.erasing', 'on', true)"),
        text(
            """
            UPDATE sender.suppression_changes SET email = :target, note = '', proof = '{}'
            WHERE workspace_id = :workspace_id AND email = :address
            """
        ),
        text("SELECT set_config('sender.erasing', '', true)"),
    ),
    "leads": (text("UPDATE sender.leads SET email = :alias, domain = '' WHERE id = :lead_id"),),
}
"""In their order: what is known of a row is asked before the row is emptied."""


async def stop(conn: AsyncConnection, lead_id: UUID, *, today: date, now: datetime) -> int:
    """End the person's campaigns; what waits for them is cancelled and its slots are free. What is in hand ends by itself.

    The caller holds the planning mutex. Answers how many campaigns were ended.
    """
    active = update(enrolments).where(enrolments.c.lead_id == lead_id, enrolments.c.state == "active")
    stopped = await conn.execute(active.values(state="stopped", reason=REASON, ended_at=now))
    waiting = update(emails).where(emails.c.lead_id == lead_id, emails.c.state.in_(("planned", "deferred")))
    ended = await conn.execute(waiting.values(state="cancelled", reason=REASON, ended_at=now).returning(emails.c.id))
    await release_assigned(conn, one_of(slots.c.email_id, list(ended.scalars())), today=today)
    return stopped.rowcount


async def forget(
    conn: AsyncConnection, wish: Erasing, *, lead_id: UUID | None, target: str, alias: str, now: datetime
) -> dict[str, int]:
    """Empty everything that tells of the person; answers how many there were of each kind."""
    given = {
        "workspace_id": wish.workspace_id,
        "address": wish.email,
        "lead_id": lead_id,
        "alias": alias,
        "target": target,
        "named": pattern_of(wish.email),
        "called": name_pattern_of(wish.email),
        "now": now,
    }
    counts: dict[str, int] = {}
    for kind, statements in _STATEMENTS.items():
        for statement in statements:
            done = await conn.execute(statement, given)
            counts[kind] = counts.get(kind, 0) + (0 if done.returns_rows else done.rowcount)
    return {kind: count for kind, count in counts.items() if count}
