"""Lists that were there before a lead was a person: the migration finds who is who, and loses nobody's mail."""

from __future__ import annotations

import asyncpg

from libs.common import migrations
from libs.common.ids import new_id

LIST, MAILBOX, TEMPLATE, CAMPAIGN, WORKSPACE, OTHER = (new_id() for _ in range(6))
ROWS = [new_id() for _ in range(5)]
"""Rows 1 and 3 are one person, row 2 is nobody, row 4 another; the last is row 1 of another workspace's list."""


async def before(database: asyncpg.Connection) -> None:
    """A campaign whose first row could not be made, so that its person was written to by their second."""
    execute = database.execute
    for list_id, workspace_id in ((LIST, WORKSPACE), (OTHER, OTHER)):
        await execute(
            "INSERT INTO sender.lists (id, workspace_id, name, state, parts_expected, set_aside_count)"
            " VALUES ($1, $2, 'L', 'ready', 1, 1)",
            list_id,
            workspace_id,
        )
    rows = [
        (ROWS[0], WORKSPACE, LIST, 1, "ann@acme.example", None),
        (ROWS[1], WORKSPACE, LIST, 2, "nobody", "invalid_address"),
        (ROWS[2], WORKSPACE, LIST, 3, "ann@acme.example", None),
        (ROWS[3], WORKSPACE, LIST, 4, "info@acme.example", None),
        (ROWS[4], OTHER, OTHER, 1, "ann@acme.example", None),
    ]
    await database.executemany(
        "INSERT INTO sender.leads (id, workspace_id, list_id, row_no, email, set_aside, status, sandboxed)"
        " VALUES ($1, $2, $3, $4, $5, $6, 'enriched', true)",
        rows,
    )
    await execute("INSERT INTO sender.mailboxes (id, key, address, sandboxed) VALUES ($1, 'k', 'a@b', true)", MAILBOX)
    await execute(
        "INSERT INTO sender.templates (id, workspace_id, name, version, subject, text_body)"
        " VALUES ($1, $2, 'T', 1, 's', 't')",
        TEMPLATE,
        WORKSPACE,
    )
    await execute(
        "INSERT INTO sender.campaigns (id, workspace_id, list_id, mailbox_id, template_id, name, state, daily_quota,"
        " subject, text_body, sandboxed) VALUES ($1, $2, $3, $4, $5, 'C', 'active', 400, 's', 't', true)",
        *(CAMPAIGN, WORKSPACE, LIST, MAILBOX, TEMPLATE),
    )
    states = ("excluded", "excluded", "active", "active")
    for position, (row, state) in enumerate(zip(rows, states, strict=False), start=1):
        await execute(
            "INSERT INTO sender.enrolments (id, workspace_id, campaign_id, lead_id, email, position, state, reason)"
            " VALUES ($1, $2, $3, $1, $4, $5, $6, 'why')",
            *(row[0], WORKSPACE, CAMPAIGN, row[4], position, state),
        )
    await execute(
        "INSERT INTO sender.emails (id, workspace_id, campaign_id, enrolment_id, lead_id, step, recipient, message_id)"
        " VALUES ($1, $2, $3, $4, $4, 1, 'ann@acme.example', 'm')",
        *(new_id(), WORKSPACE, CAMPAIGN, ROWS[2]),
    )


async def test_who_is_who_is_found_and_found_again(fresh_database: str) -> None:
    """Red when a person is two, an email loses its lead, or a row that waits is set aside under its campaign."""
    await migrations.downgrade("sender", fresh_database, to="0006")
    database = await asyncpg.connect(fresh_database)
    await before(database)
    await migrations.upgrade("sender", fresh_database)
    await check(database)
    await migrations.downgrade("sender", fresh_database, to="0006")
    assert await database.fetchval("SELECT count(*) FROM sender.leads") == 5
    assert await database.fetchval("SELECT lead_id FROM sender.emails") == ROWS[2]
    await migrations.upgrade("sender", fresh_database)
    await check(database)
    await migrations.check("sender", fresh_database)
    await database.close()


async def check(database: asyncpg.Connection) -> None:
    people = await database.fetch("SELECT id, workspace_id, email, domain FROM sender.leads ORDER BY id")
    assert [tuple(row) for row in people] == [
        (ROWS[0], WORKSPACE, "ann@acme.example", "acme.example"),
        (ROWS[3], WORKSPACE, "info@acme.example", "acme.example"),
        (ROWS[4], OTHER, "ann@acme.example", "acme.example"),
    ]
    rows = await database.fetch("SELECT id, lead_id, set_aside, duplicate_of FROM sender.recipients ORDER BY id")
    assert [tuple(row) for row in rows] == [
        (ROWS[0], ROWS[0], None, None),
        (ROWS[1], None, "invalid_address", None),
        (ROWS[2], ROWS[0], "duplicate", 1),
        (ROWS[3], ROWS[3], None, None),
        (ROWS[4], ROWS[4], None, None),
    ]
    enrolled = await database.fetch("SELECT recipient_id, lead_id, state FROM sender.enrolments ORDER BY position")
    assert [tuple(row) for row in enrolled] == [
        (ROWS[0], None, "excluded"),
        (ROWS[1], None, "excluded"),
        (ROWS[2], ROWS[0], "active"),
        (ROWS[3], ROWS[3], "active"),
    ]
    assert await database.fetchval("SELECT lead_id FROM sender.emails") == ROWS[0]
    assert await database.fetchval("SELECT bool_and(keeps_roles) FROM sender.lists")
