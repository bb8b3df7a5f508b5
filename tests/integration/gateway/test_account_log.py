"""What happens at an account stands in the audit log of its owner's workspaces, and nobody learns of it who only tries."""

import asyncio
import csv
import io
import re
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from libs.common.clock import utc_now
from services.gateway import metrics
from services.gateway.domain.audit import Sighting
from services.gateway.domain.sessions import REUSE_INTERVAL
from services.gateway.repositories import audit
from services.gateway.tables import audit_entries, mails, refresh_tokens, sessions
from services.gateway.use_cases.mail_proofs import ProofPages, mail_proofs
from services.gateway.witness import MOST_WAITING, Witness
from tests.integration.gateway.conftest import PASSWORD, Gateway, bearer
from tests.integration.gateway.people import Person, join, owner
from tests.support.waiting import eventually

SEEN = Sighting("POST", "/auth/v1/token", "post_auth_token", {}, 400, "refused", "r", "127.0.0.1")


async def tried(gateway: Gateway, email: str, password: str = "not this one") -> int:
    who = {"email": email, "password": password}
    return (await gateway.client.post("/auth/v1/token", params={"grant_type": "password"}, json=who)).status_code


async def told(person: Person, operation: str) -> list[tuple[object, ...]]:
    """User, outcome, status and subjects of the entries, newest first."""
    items = (await person.did("GET", f"audit?operation={operation}"))["items"]
    return [(one["user_id"], one["outcome"], one["status"], one["subjects"]) for one in items]


async def until_told(person: Person, operation: str, count: int) -> list[tuple[object, ...]]:
    async def there() -> bool:
        return len(await told(person, operation)) >= count

    await eventually(there)
    return await told(person, operation)


async def test_signing_in_and_out_stands_in_the_log_of_every_workspace_of_a_person(gateway: Gateway) -> None:
    """Red when an owner cannot see when their member was here, or a stranger's workspace can."""
    boss, stranger = await owner(gateway, "boss@signs.example"), await owner(gateway, "stranger@signs.example")
    member = await join(boss, "member@signs.example", "member")
    own = member.within("")
    session = await gateway.sign_in(member.email)
    await gateway.client.post("/auth/v1/logout", params={"scope": "local"}, headers=bearer(session))
    for log in (boss, own):
        assert await told(log, "post_auth_token") == [(member.user_id, "done", 200, {})]
        assert await told(log, "post_auth_logout") == [(member.user_id, "done", 204, {"scope": "local"})]
    assert await told(stranger, "post_auth_token") == []
    header, *lines = csv.reader(io.StringIO((await boss.ask("GET", "audit.csv")).text))
    assert {"post_auth_token", "post_auth_logout"} <= {line[header.index("operation")] for line in lines}
    assert PASSWORD not in str(lines)


async def test_a_wrong_password_stands_in_the_log_and_an_address_of_nobody_nowhere(gateway: Gateway) -> None:
    """Red when somebody's guesses at a password leave no trace, or leave one of addresses that nobody has."""
    boss = await owner(gateway, "boss@wrong.example")
    assert await tried(gateway, "nobody@wrong.example") == 400
    assert await tried(gateway, boss.email) == 400
    assert await until_told(boss, "post_auth_token", 1) == [(boss.user_id, "refused", 400, {})]
    async with gateway.platform.open_uow() as uow:
        found = await uow.conn.execute(select(audit_entries).where(audit_entries.c.email == "nobody@wrong.example"))
        assert found.all() == []


async def test_a_refresh_token_that_comes_back_stands_in_the_log_once(gateway: Gateway) -> None:
    """Red when a session that was stolen ends without a trace, when the log of another person has it, or when each further
    try adds a line."""
    boss, stranger = await owner(gateway, "boss@reuse.example"), await owner(gateway, "stranger@reuse.example")
    member = await join(boss, "member@reuse.example", "member")
    session = await gateway.sign_in(member.email)
    first = {"refresh_token": session["refresh_token"]}

    async def refresh() -> int:
        asked = gateway.client.post("/auth/v1/token", params={"grant_type": "refresh_token"}, json=first)
        return (await asked).status_code

    assert await refresh() == 200
    async with gateway.platform.open_uow() as uow:
        used = utc_now() - REUSE_INTERVAL - timedelta(seconds=1)
        await uow.conn.execute(update(refresh_tokens).where(refresh_tokens.c.used_at.is_not(None)).values(used_at=used))
        mine = select(sessions.c.id).where(sessions.c.user_id == UUID(member.user_id))
        newest = (await uow.conn.execute(mine.order_by(sessions.c.created_at.desc()).limit(1))).scalar_one()
    assert sorted(await asyncio.gather(refresh(), refresh(), refresh())) == [400, 400, 400]
    subjects = {"reason": "refresh_token_already_used", "ended_session": str(newest)}
    for log in (boss, member.within("")):
        reuses = [entry for entry in await told(log, "post_auth_token") if entry[1] == "refused"]
        assert reuses == [(member.user_id, "refused", 400, subjects)]
    assert await told(stranger, "post_auth_token") == []


async def test_a_forgotten_password_stands_in_the_log_from_asking_to_the_new_one(gateway: Gateway) -> None:
    """Red when an account can be taken over by its mail without a trace."""
    boss = await owner(gateway, "boss@reset.example")
    await gateway.client.post("/auth/v1/recover", json={"email": boss.email})
    assert await until_told(boss, "post_auth_recover", 1) == [(boss.user_id, "done", 200, {})]
    await mail_proofs(pages=ProofPages("x", "x", "x"), now=utc_now(), open_uow=gateway.platform.open_uow)
    async with gateway.platform.open_uow() as uow:
        query = select(mails.c.body_text).where(mails.c.address == boss.email).order_by(mails.c.id.desc()).limit(1)
        found = re.search(r"token_hash=([\w-]+)", (await uow.conn.execute(query)).scalar_one())
    assert found
    proof = {"type": "recovery", "token_hash": found[1]}
    session = (await gateway.client.post("/auth/v1/verify", json=proof)).json()
    change = {"password": "another long password"}
    await gateway.client.put("/auth/v1/user", json=change, headers=bearer(session))
    fresh = Person(gateway, boss.email, boss.user_id, session["access_token"], boss.workspace_id)
    assert await told(fresh, "post_auth_verify") == [(boss.user_id, "done", 200, {"proof": "recovery"})]
    assert await told(fresh, "put_auth_user") == [(boss.user_id, "done", 200, {"changed": "password"})]


async def test_what_was_tried_is_written_behind_the_answer_also_when_the_process_ends(gateway: Gateway) -> None:
    """Red when the answer waits for the log, which would tell known addresses by the time it takes; or when what waits is
    lost by an orderly end."""
    boss = await owner(gateway, "boss@behind.example")
    witness = Witness()
    for _ in range(3):
        witness.see(boss.email, SEEN)
    assert await told(boss, "post_auth_token") == []
    running = asyncio.create_task(witness.run(gateway.platform.open_uow))
    await asyncio.sleep(0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert len(await told(boss, "post_auth_token")) >= 3


async def test_more_than_can_be_written_is_counted_as_lost(gateway: Gateway) -> None:
    """Red when a flood of attempts fills the memory, or is dropped without a word."""
    before = metrics.AUDIT_ENTRIES_LOST._value.get()  # pyright: ignore[reportPrivateUsage] - no public way
    witness = Witness()
    for _ in range(MOST_WAITING + 2):
        witness.see("a@b.example", SEEN)
    assert metrics.AUDIT_ENTRIES_LOST._value.get() == before + 2  # pyright: ignore[reportPrivateUsage]


async def test_a_session_and_its_entry_are_one(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """Red when somebody can sign in without a trace because the log was away."""
    boss = await owner(gateway, "boss@away.example")

    async def away(*_: object, **__: object) -> None:
        raise OSError("the log is away")

    with monkeypatch.context() as patched:
        patched.setattr(audit, "add", away)
        assert await tried(gateway, boss.email, PASSWORD) == 500
    async with gateway.platform.open_uow() as uow:
        mine = select(sessions).where(sessions.c.user_id == UUID(boss.user_id))
        assert len((await uow.conn.execute(mine)).all()) == 1
