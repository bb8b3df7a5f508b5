"""A workspace with one of everything in it is deleted: every table of every service is looked at afterwards."""

from __future__ import annotations

import importlib
import io
import json
import zipfile
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from deploy.local.stack import LocalStack
from libs.common.belonging import Belongings
from libs.common.db import SERVICES
from tests.e2e.test_tenants import LEADS, made_by
from tests.support.journey import User
from tests.support.waiting import eventually

ON_THEIR_WAY = {"outbox", "claim_batches"}
"""Events that went out, for a day, and ids of mails that were in hand, until the lease is over."""
OF: dict[str, Belongings] = {
    service: importlib.import_module(f"services.{service}.belongings").BELONGINGS for service in SERVICES
}
KEPT = {f"{service}.{part.table.name}" for service, belongings in OF.items() for part in belongings.parts if part.kept}
SHARED_IDS = {
    "billing/{event_id}",
    "members/{user_id}",
    "billing/{user_id}",
    "credits/{grant_id}",
    "catalogue/{product_id}",
    "catalogue/{rule_id}",
}
"""What is no workspace's, or a person's, stands in the books, or is a word that others may choose too."""
OWNED = """
    SELECT table_schema, table_name, column_name FROM information_schema.columns
    WHERE table_schema = ANY($1) AND column_name IN ('workspace_id', 'tenant_id')
"""


async def left_of(database: asyncpg.Connection, workspace_id: str) -> dict[str, int]:
    """Rows of the workspace by table, wherever a column names it: found in the database, whatever our lists say."""
    found: dict[str, int] = {}
    for schema, table, column in await database.fetch(OWNED, list(SERVICES)):
        query = f"SELECT count(*) FROM {schema}.{table} WHERE {column} = $1"  # noqa: S608 - our own names
        if count := await database.fetchval(query, UUID(workspace_id)):
            found[f"{schema}.{table}"] = count
    return found


async def mentioning(database: asyncpg.Connection, words: set[str]) -> set[str]:
    """The tables in whose rows one of the words stands, in any column."""
    tables = await database.fetch(
        "SELECT schemaname, tablename FROM pg_tables WHERE schemaname = ANY($1)", list(SERVICES)
    )
    found: set[str] = set()
    for schema, table in tables:
        if table not in ON_THEIR_WAY:
            query = f"SELECT count(*) FROM {schema}.{table} t WHERE t::text LIKE ANY($1)"  # noqa: S608 - our own names
            if await database.fetchval(query, [f"%{word}%" for word in words]):
                found.add(f"{schema}.{table}")
    return found


async def export_holds(user: User, made: dict[str, str], database: asyncpg.Connection) -> None:
    """Everything but the secrets, and the upload as it came."""
    answer = await user.send("GET", "/v1/workspace/export")
    assert answer.status_code == 200, answer.text
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.testzip() is None
    manifest = json.loads(archive.read("manifest.json"))
    assert archive.namelist()[-1] == "manifest.json"
    for service, belongings in OF.items():
        tables = {f"{service}/{part.table.name}.ndjson" for part in belongings.told}
        assert {name for name in manifest["rows"] if name.startswith(f"{service}/")} == tables
    upload_id = made["uploads/{upload_id}"]
    assert archive.read(f"ingest/uploads/{upload_id}/leads.csv") == LEADS.encode()
    assert manifest["rows"]["ingest/results.ndjson"] == 2
    assert manifest["rows"]["sender/leads.ndjson"] == 2
    for name, rows in manifest["rows"].items():
        lines = archive.read(name).splitlines()
        assert len([json.loads(line) for line in lines]) == rows, name
    digest = await database.fetchval(
        "SELECT encode(digest, 'hex') FROM gateway.api_keys WHERE id = $1", UUID(made["api-keys/{key_id}"])
    )
    assert digest is not None
    assert digest.encode() not in b"".join(archive.read(name) for name in manifest["rows"])


async def age(database: asyncpg.Connection, workspace_id: str) -> None:
    """The deletion was so long ago that no request of before is under way."""
    for schema in SERVICES:
        query = f"UPDATE {schema}.deleted_workspaces SET deleted_at = deleted_at - interval '5 minutes' WHERE workspace_id = $1"  # noqa: S608 - our own names
        await database.execute(query, UUID(workspace_id))


def files_of(stack: LocalStack, ids: set[str]) -> list[Path]:
    return [path for path in Path(stack.state.storage).rglob("*") if ids.intersection(path.parts) and path.is_file()]


@pytest.mark.timeout(240)
async def test_nothing_is_left_of_a_deleted_workspace_but_what_has_to_stay(
    user: User, other_user: User, stack: LocalStack
) -> None:
    """Red when a service forgets a table or a file, when somebody still gets in, when the other tenant loses anything, and
    for a new table that no list of belongings names."""
    made = await made_by(user)
    await other_user.upload("theirs.csv", b"email\nada@theirs.example\n")
    ids = {value for name, value in made.items() if name not in SHARED_IDS}
    address = (await user.ask("GET", "/v1/me"))["email"]
    database = await asyncpg.connect(stack.database_url)
    try:
        assert len(await mentioning(database, ids)) > 20
        assert files_of(stack, ids)
        others = await left_of(database, other_user.workspace_id)
        await export_holds(user, made, database)
        wrong = await user.send("DELETE", "/v1/workspace", params={"name": "test"})
        assert (wrong.status_code, wrong.json()["code"]) == (422, "name_not_confirmed")
        deleted = await user.ask("DELETE", "/v1/workspace", params={"name": "Test"})
        assert deleted["id"] == user.workspace_id
        named = await user.send("GET", "/v1/jobs", headers={"X-Workspace-Id": user.workspace_id})
        assert (named.status_code, named.json()["code"]) == (404, "workspace_not_found")
        assert (await user.ask("GET", "/v1/workspace"))["id"] != user.workspace_id
        for service in SERVICES:
            query = f"SELECT count(*) FROM {service}.deleted_workspaces WHERE workspace_id = $1"  # noqa: S608 - our own names
            await eventually(lambda query=query: is_so(database, query, UUID(user.workspace_id)), within_s=60)
        await age(database, user.workspace_id)
        await done_with(database, user.workspace_id)
        assert set(await left_of(database, user.workspace_id)) <= KEPT
        assert await mentioning(database, ids) <= KEPT
        assert not files_of(stack, ids)
        # What is still being checked of their upload may have come meanwhile.
        theirs = await left_of(database, other_user.workspace_id)
        assert {table: rows for table, rows in others.items() if theirs.get(table, 0) < rows} == {}
        told = "SELECT count(*) FROM gateway.mails WHERE kind = 'workspace_erased' AND address = $1"
        assert await database.fetchval(told, address) == 1
    finally:
        await database.close()


async def done_with(database: asyncpg.Connection, workspace_id: str) -> None:
    """Waits until all services have answered, and who deleted it is forgotten."""
    done = "SELECT count(*) FROM gateway.deletions WHERE workspace_id = $1 AND done_at IS NOT NULL AND notify IS NULL"
    try:
        await eventually(lambda: is_so(database, done, UUID(workspace_id)), within_s=100, every_s=0.5)
    except AssertionError:
        query = "SELECT service FROM gateway.deletion_answers WHERE workspace_id = $1"
        answered = [row["service"] for row in await database.fetch(query, UUID(workspace_id))]
        left = await left_of(database, workspace_id)
        pytest.fail(f"not done: {answered} have answered; {sorted(set(left) - KEPT)} are left")


async def is_so(database: asyncpg.Connection, query: str, *given: object) -> bool:
    return bool(await database.fetchval(query, *given))
