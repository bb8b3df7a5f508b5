"""A person who is in everything is erased: then nothing of them is left in any table of any service, nor in any stored file."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg

from deploy.local.stack import LocalStack
from tests.support.hours import ANY_HOUR
from tests.support.journey import Json, User
from tests.support.waiting import eventually
from tests.support.world import World

ON_ITS_WAY = "outbox"
"""What was published stays there for a day after it went out."""


class Person:
    """Somebody whom no other test knows, by address and name."""

    def __init__(self) -> None:
        own = uuid4().hex[:10]
        self.email = f"Zs.{own}@haldenlube.example"
        # Letters alone: nobody is called by a number.
        self.name = "Zs" + own.translate(str.maketrans("0123456789", "ghijklmnop"))

    @property
    def words(self) -> list[str]:
        return [self.email.lower(), self.name.lower()]


def sheet_with(*people: Person) -> bytes:
    company = "Halden Lubricants,haldenlube.example,Head of Sales,Norway"
    rows = [
        "Email,First name,Last name,Company,Website,Job title,Country,Notes",
        f"ingrid.solheim@haldenlube.example,Ingrid,Solheim,{company},",
        *(f"{one.email},{one.name},Kiss,{company},met {one.name}" for one in people),
        f"thomas.muller@petrava.example,Thomas,Muller,Petrava,petrava.example,Director,Germany,knows {people[0].email}",
    ]
    return "\n".join(rows).encode()


async def in_everything(user: User, person: Person, refused: Person) -> tuple[str, str]:
    """A job with sheets of both kinds, a list, and a campaign whose mail was sent, and refused."""
    job = await user.enrich("leads.csv", sheet_with(person, refused))
    assert job["state"] == "completed", job
    export = await user.ask("POST", f"/v1/jobs/{job['id']}/exports", json={"format": "xlsx", "flat": True})

    async def is_written() -> bool:
        return (await user.ask("GET", f"/v1/exports/{export['id']}"))["state"] == "ready"

    async def list_is_ready() -> bool:
        answer = await user.send("GET", f"/v1/lists/{job['id']}")
        return answer.is_success and answer.json()["state"] == "ready"

    await eventually(is_written)
    await eventually(list_is_ready)
    campaign = await user.ask(
        "POST", "/v1/campaigns", json={"list_id": job["id"], "daily_quota": 10, "window": ANY_HOUR}
    )
    lead = next(
        one
        for one in (await user.ask("GET", f"/v1/campaigns/{campaign['id']}/lines"))["items"]
        if one["email"] == person.email.lower()
    )
    line = {"line": f"Dear {person.name}, your plant is fine."}
    await user.ask("PUT", f"/v1/campaigns/{campaign['id']}/leads/{lead['lead_id']}/line", json=line)
    await user.ask("POST", f"/v1/campaigns/{campaign['id']}/start")

    async def was_sent_and_refused() -> bool:
        counts = (await user.ask("GET", f"/v1/campaigns/{campaign['id']}"))["counts"]
        return counts["failed"] == 1 and counts["sent"] == 3

    await eventually(was_sent_and_refused)
    return job["id"], campaign["id"]


async def erase(user: User, person: Person) -> Json:
    asked = await user.ask("POST", "/v1/erasures", json={"email": person.email})
    found: Json = {}

    async def is_done() -> bool:
        found.update(await user.ask("GET", f"/v1/erasures/{asked['id']}"))
        return found["state"] == "done"

    await eventually(is_done)
    return found


async def told_of(stack: LocalStack, words: list[str]) -> set[str]:
    """Where one of the words stands: in any column of any table, packed or not, or in any stored file."""
    found: set[str] = set()
    connection = await asyncpg.connect(stack.database_url)
    try:
        tables = await connection.fetch(
            "SELECT table_schema || '.' || table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE'"
            " AND table_schema NOT IN ('pg_catalog', 'information_schema')"
        )
        for (table,) in tables:
            if table.endswith(f".{ON_ITS_WAY}"):
                continue
            async with connection.transaction():
                async for row in connection.cursor(f"SELECT * FROM {table}"):  # noqa: S608 - the database's own names
                    found |= {f"{table}: {word}" for cell in row for word in words if word in _text_of(cell)}
    finally:
        await connection.close()
    folder = Path(urlsplit(stack.env["STORAGE_URL"]).path)
    for path in folder.rglob("*"):
        if path.is_file():
            said = _text_of(path.read_bytes())
            found |= {f"{path.name}: {word}" for word in words if word in said}
    return found


def _text_of(cell: object) -> str:
    if not isinstance(cell, bytes):
        return str(cell).lower()
    if zipfile.is_zipfile(io.BytesIO(cell)):
        archive = zipfile.ZipFile(io.BytesIO(cell))
        return " ".join(_text_of(archive.read(name)) for name in archive.namelist())
    for unpack in (gzip.decompress, zlib.decompress):
        try:
            return unpack(cell).decode("utf-8", "replace").lower()
        except (OSError, EOFError, zlib.error):
            continue
    return cell.decode("utf-8", "replace").lower()


async def test_a_person_who_is_in_everything_is_in_nothing_afterwards(
    stack: LocalStack, user: User, world: World
) -> None:
    """Red when any service, table, file or cache keeps the address or the name; when what was counted is another; or when a
    list that brings the person again has them written to."""
    person, refused = Person(), Person()
    await world.dial(smtp={"recipients": {refused.email.lower(): "refuse"}})
    job_id, campaign_id = await in_everything(user, person, refused)
    charged = (await user.job(job_id))["credits_total"]
    counts = (await user.ask("GET", f"/v1/campaigns/{campaign_id}"))["counts"]
    before = await told_of(stack, [*person.words, *refused.words])
    where = {one.split(":")[0] for one in before}
    assert where >= {
        "ingest.results",
        "ingest.uploads",
        "enrich.checkpoints",
        "sender.leads",
        "sender.recipients",
        "sender.emails",
        "sender.campaign_lines",
        "result.xlsx",
        "result.csv",
        "file",
    }, where

    for one in (person, refused):
        done = await erase(user, one)
        assert done["email"] == "z…@haldenlube.example"
        assert {service["state"] for service in done["services"]} == {"done"}
        assert all(service["erased"] for service in done["services"])
    assert await told_of(stack, [*person.words, *refused.words]) == set()

    assert (await user.job(job_id))["credits_total"] == charged
    assert (await user.ask("GET", f"/v1/campaigns/{campaign_id}"))["counts"] == counts
    rows = (await user.ask("GET", f"/v1/jobs/{job_id}/rows"))["items"]
    assert [row["row_no"] for row in rows] == [1, 2, 3, 4]
    assert (await user.ask("GET", "/v1/credits/proof"))["holds"] is True

    again = await user.enrich("again.csv", sheet_with(person))

    async def list_is_ready() -> bool:
        answer = await user.send("GET", f"/v1/lists/{again['id']}")
        return answer.is_success and answer.json()["state"] == "ready"

    await eventually(list_is_ready)
    set_aside = (await user.ask("GET", f"/v1/lists/{again['id']}/recipients", params={"set_aside": "suppressed"}))[
        "items"
    ]
    assert [row["row_no"] for row in set_aside] == [2]
    assert len(await world.mail_to(person.email.lower())) == 1, "the one before they asked"
