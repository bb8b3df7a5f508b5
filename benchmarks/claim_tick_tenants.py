"""Tenants with started campaigns, made by the statement rather than by the person: whose mails wait, and whose are planned."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import asyncpg

MAILBOX = UUID(int=1)
_READY = (
    """CREATE OR REPLACE FUNCTION bench_id(kind int, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
        $$ SELECT (lpad(kind::text, 8, '0') || '-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid $$""",
    """CREATE OR REPLACE FUNCTION bench_rows(first int, last int, leads int)
        RETURNS TABLE (n int, t int, row_no int, email text) LANGUAGE sql AS
        $$ SELECT n, n / leads, 1 + n % leads, 'p' || n || '@d' || n % 997 || '.example'
           FROM generate_series(first * leads, (last + 1) * leads - 1) n $$""",
    """INSERT INTO sender.mailboxes (id, key, address, sandboxed, provider)
        VALUES ('00000000-0000-0000-0000-000000000001', 'bench', 'ann@bench.example', true, 'sandbox')
        ON CONFLICT DO NOTHING""",
)
_WAITING = (
    """INSERT INTO sender.workspaces (id, name, time_zone)
        SELECT bench_id(1, t), 'W', 'UTC' FROM generate_series($1::int, $2::int) t""",
    """INSERT INTO sender.lists (id, workspace_id, name, state, parts_expected)
        SELECT bench_id(2, t), bench_id(1, t), 'L', 'ready', 1 FROM generate_series($1::int, $2::int) t""",
    """INSERT INTO sender.campaigns (id, workspace_id, list_id, mailbox_id, template_id, name, state, daily_quota, subject,
            text_body, html_body, sandboxed, window_days, window_from_min, window_to_min, skip_holidays)
        SELECT bench_id(3, t), bench_id(1, t), bench_id(2, t), '00000000-0000-0000-0000-000000000001', bench_id(2, t), 'C',
            'active', 100000, 'For {{ first_name }}', repeat('A text as long as they are. ', 20),
            repeat('<p>A text as long as they are.</p>', 20), true, '{1,2,3,4,5,6,7}', 0, 1440, false
        FROM generate_series($1::int, $2::int) t""",
    """INSERT INTO sender.planning_dues (workspace_id, due_at)
        SELECT bench_id(1, t), '2027-03-01Z' FROM generate_series($1::int, $2::int) t""",
)
_LEADS = (
    """INSERT INTO sender.leads (id, workspace_id, email, domain)
        SELECT bench_id(4, n), bench_id(1, t), email, split_part(email, '@', 2) FROM bench_rows($1, $2, $3)""",
    """INSERT INTO sender.recipients (id, workspace_id, list_id, lead_id, row_no, email, first_name, line, status, sandboxed)
        SELECT bench_id(5, n), bench_id(1, t), bench_id(2, t), bench_id(4, n), row_no, email, 'Ann',
            'I read about the new plant.', 'enriched', true FROM bench_rows($1, $2, $3)""",
    """INSERT INTO sender.enrolments (id, workspace_id, campaign_id, lead_id, recipient_id, email, position, state)
        SELECT bench_id(6, n), bench_id(1, t), bench_id(3, t), bench_id(4, n), bench_id(5, n), email, row_no, 'active'
        FROM bench_rows($1, $2, $3)""",
)
# Each slot is due at a moment of its own within 18 hours, and neighbours in the table are not neighbours in time.
_PLANNED = (
    """INSERT INTO sender.daily_plans (workspace_id, day, quota, starts_at, ends_at)
        SELECT bench_id(1, t), '2027-03-01', $3, '2027-03-01Z', '2027-03-02Z' FROM generate_series($1::int, $2::int) t""",
    """INSERT INTO sender.emails (id, workspace_id, campaign_id, enrolment_id, lead_id, mailbox_id, step, recipient,
            message_id, due_at)
        SELECT bench_id(7, n), bench_id(1, t), bench_id(3, t), bench_id(6, n), bench_id(4, n),
            '00000000-0000-0000-0000-000000000001', 1, email, '<' || n || '@bench.example>', '2027-03-01Z'
        FROM bench_rows($1, $2, $3)""",
    """INSERT INTO sender.slots (workspace_id, day, number, state, campaign_id, email_id, mailbox_id, due_at, closes_at)
        SELECT bench_id(1, t), '2027-03-01', row_no, 'assigned', bench_id(3, t), bench_id(7, n),
            '00000000-0000-0000-0000-000000000001',
            timestamptz '2027-03-01Z' + make_interval(secs => hashint4(n)::bigint & 65535), '2027-03-02Z'
        FROM bench_rows($1, $2, $3)""",
)


@dataclass(frozen=True)
class Tenants:
    """So many tenants from the number `first` on, each with so many leads."""

    first: int
    count: int
    leads: int

    @property
    def ids(self) -> list[UUID]:
        """Their workspaces."""
        return [UUID(f"00000001-0000-7000-8000-{number:012x}") for number in range(self.first, self.first + self.count)]


async def make(url: str, tenants: Tenants, *, planned: bool) -> None:
    """Make them. With `planned`, each lead has a slot of March 1st, 2027."""
    conn = await asyncpg.connect(url)
    await conn.execute("SET session_replication_role = replica")
    bounds = (tenants.first, tenants.first + tenants.count - 1)
    for statement in _READY:
        await conn.execute(statement)
    for statement in _WAITING:
        await conn.execute(statement, *bounds)
    for statement in (*_LEADS, *(_PLANNED if planned else ())):
        await conn.execute(statement, *bounds, tenants.leads)
    await conn.execute("VACUUM ANALYZE")
    await conn.close()
