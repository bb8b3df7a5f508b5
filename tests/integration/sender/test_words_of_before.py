"""Templates and suppressions that were there before they had versions, scopes and a history: nothing of them is lost."""

from __future__ import annotations

import asyncpg
import pytest

from libs.common import migrations
from libs.common.ids import new_id
from services.sender.domain.default_template import DEFAULT_TEMPLATE
from services.sender.domain.unsubscribing import KEY_BYTES

WORKSPACE, DEFAULT, OWN = (new_id() for _ in range(3))


async def before(url: str) -> None:
    """A default template, one that somebody wrote, and an address that somebody barred."""
    await migrations.downgrade("sender", url, to="0010")
    database = await asyncpg.connect(url)
    await database.executemany(
        "INSERT INTO sender.templates (id, workspace_id, name, version, subject, text_body, is_default)"
        " VALUES ($1, $2, $3, 1, 'old subject', 'old words', $4)",
        [(DEFAULT, WORKSPACE, "First email", True), (OWN, WORKSPACE, "Mine", False)],
    )
    await database.execute(
        "INSERT INTO sender.suppressions (workspace_id, email, reason) VALUES ($1, 'ann@a.example', 'asked us by phone')",
        WORKSPACE,
    )
    await database.close()


async def test_templates_and_suppressions_keep_what_they_said(fresh_database: str) -> None:
    """Red when the words of a template or the reason of a suppression are lost, or a default stays without the link."""
    await before(fresh_database)
    await migrations.upgrade("sender", fresh_database)
    database = await asyncpg.connect(fresh_database)
    versions = await database.fetch(
        "SELECT t.id, t.version AS newest, v.version, v.subject, v.text_body, v.html_body FROM sender.templates t"
        " JOIN sender.template_versions v ON v.template_id = t.id ORDER BY t.name, v.version"
    )
    assert [(row["id"], row["newest"], row["version"], row["subject"]) for row in versions] == [
        (DEFAULT, 2, 1, "old subject"),
        (DEFAULT, 2, 2, "old subject"),
        (OWN, 1, 1, "old subject"),
    ]
    assert [row["text_body"] for row in versions] == ["old words", DEFAULT_TEMPLATE.text_body, "old words"]
    assert versions[1]["html_body"] == DEFAULT_TEMPLATE.html_body
    for table in ("suppressions", "suppression_changes"):
        row = await database.fetchrow(f"SELECT workspace_id, email, reason, note FROM sender.{table}")  # noqa: S608
        assert row is not None
        assert tuple(row) == (WORKSPACE, "ann@a.example", "asked", "asked us by phone")
    assert len(await database.fetchval("SELECT key FROM sender.unsubscribe_keys")) == KEY_BYTES
    with pytest.raises(asyncpg.UniqueViolationError):
        await database.execute(
            "INSERT INTO sender.suppressions (email, reason) VALUES ('b@b.example', 'asked'), ('b@b.example', 'asked')"
        )
    await database.close()
