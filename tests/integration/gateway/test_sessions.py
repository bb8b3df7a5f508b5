"""Sessions, as Supabase's official client works with them: sign up, in, refresh, out, change, and a forgotten password."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import asyncpg
import httpx
import pytest
from sqlalchemy import select, text, update
from supabase_auth import AsyncGoTrueClient
from supabase_auth.errors import AuthApiError, AuthWeakPasswordError
from supabase_auth.types import AuthResponse

from libs.common.clock import utc_now
from libs.common.ids import new_id
from services.gateway.domain.attempts import BY_ADDRESS
from services.gateway.domain.digests import digest_of
from services.gateway.domain.sessions import IDLE, MAILED_TOKEN_LIFETIME, REUSE_INTERVAL, successor_of
from services.gateway.repositories import sessions
from services.gateway.schedules import KEEP_UNCONFIRMED, schedules
from services.gateway.tables import refresh_tokens, users
from services.gateway.use_cases.mail_proofs import ProofPages, mail_proofs
from tests.integration.gateway.conftest import AUTH_SECRET, PASSWORD, Behind, Gateway, bearer, replica
from tests.support.clock import clocks_stopped
from tests.support.waiting import eventually

PAGES = ProofPages("https://app.example/reset", "https://app.example/confirm", "https://app.example/sign-in")
NEXT = "another good password"


@pytest.fixture(autouse=True)
async def nothing_tried_yet(module_database: str) -> AsyncGenerator[None]:
    """All tests are one client: each begins as if nobody had tried anything. Mails are written when a test says so."""
    database = await asyncpg.connect(module_database)
    await database.execute("DELETE FROM gateway.attempts")
    await database.close()
    with clocks_stopped():
        yield


def client_of(gateway: Gateway) -> AsyncGoTrueClient:
    """The official client, told no more than the URL and a key that we do not ask for."""
    return AsyncGoTrueClient(
        url=f"{gateway.base}/auth/v1",
        headers={"apikey": "anon"},
        auto_refresh_token=False,
        http_client=gateway.client,
    )


async def signed_in(gateway: Gateway, email: str) -> tuple[AsyncGoTrueClient, AuthResponse]:
    client = client_of(gateway)
    await client.sign_up({"email": email, "password": PASSWORD, "options": {"data": {"workspace_name": "Acme"}}})
    return client, await client.sign_in_with_password({"email": email, "password": PASSWORD})


async def may_work(gateway: Gateway, session: AuthResponse) -> bool:
    assert session.session is not None
    token = {"access_token": session.session.access_token}
    return (await gateway.client.get("/v1/me", headers=bearer(token))).status_code == 200


async def make_older(gateway: Gateway, what: str, by: timedelta) -> None:
    """As if so much time had passed."""
    table, column = what.split(".")
    async with gateway.platform.open_uow() as uow:
        await uow.conn.execute(
            text(f"UPDATE gateway.{table} SET {column} = {column} - make_interval(secs => :seconds)"),  # noqa: S608 - of this test
            {"seconds": by.total_seconds()},
        )


async def refused(code: str, asked: object) -> None:
    with pytest.raises(AuthApiError) as error:
        await asked  # pyright: ignore[reportGeneralTypeIssues]
    assert error.value.code == code


async def test_the_official_client_signs_up_in_and_out(gateway: Gateway) -> None:
    """Red when a body is not what supabase-auth reads."""
    client = client_of(gateway)
    made = await client.sign_up({"email": "ada@official.example", "password": PASSWORD})
    assert (made.session, made.user and made.user.email) == (None, "ada@official.example")
    session = await client.sign_in_with_password({"email": "ada@official.example", "password": PASSWORD})
    assert session.session is not None
    assert session.user is not None
    assert (session.user.aud, session.user.role, session.session.expires_in) == ("authenticated", "authenticated", 3600)
    assert await may_work(gateway, session)
    me = await client.get_user()
    assert me is not None
    assert me.user.id == session.user.id
    claims = await client.get_claims()
    assert claims is not None
    assert {"sub", "iss", "aud", "exp", "iat", "role", "email", "session_id", "aal"} <= set(claims["claims"])
    await client.sign_out()
    assert await may_work(gateway, session) is False
    await refused(
        "invalid_credentials", client.sign_in_with_password({"email": "ada@official.example", "password": NEXT})
    )
    with pytest.raises(AuthWeakPasswordError) as weak:
        await client.sign_up({"email": "weak@official.example", "password": "short"})
    assert weak.value.reasons == ["length"]


async def test_refreshing_gives_new_tokens_and_the_old_access_token_lives_on(gateway: Gateway) -> None:
    client, first = await signed_in(gateway, "refresh@official.example")
    assert first.session is not None
    second = await client.refresh_session()
    third = await client.refresh_session()
    tokens = [one.session.refresh_token for one in (first, second, third) if one.session]
    assert len(set(tokens)) == 3
    assert [await may_work(gateway, session) for session in (first, second, third)] == [True] * 3
    async with gateway.platform.open_uow() as uow:
        stored = (await uow.conn.execute(text("SELECT digest FROM gateway.refresh_tokens"))).scalars().all()
    assert not {token.encode() for token in tokens} & set(stored), "only digests are stored"


async def test_a_refresh_whose_answer_was_lost_may_be_asked_for_again(gateway: Gateway) -> None:
    """Ten at once, as tabs do. Red when one is turned away, or when they get tokens that differ: one of them would be lost."""
    _, first = await signed_in(gateway, "tabs@official.example")
    assert first.session is not None
    old = first.session.refresh_token
    answers = await asyncio.gather(*(refresh(gateway, old) for _ in range(10)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["refresh_token"] for answer in answers}) == 1
    assert (await refresh(gateway, answers[0].json()["refresh_token"])).status_code == 200


async def test_two_who_refresh_at_once_take_turns(gateway: Gateway) -> None:
    """One is in the middle of it as the other comes. Red when the second does not wait for what the first decides."""
    _, first = await signed_in(gateway, "turns@official.example")
    assert first.session is not None
    old = first.session.refresh_token
    digest, successor = digest_of(old), successor_of(old, secret=AUTH_SECRET)
    async with gateway.platform.open_uow() as uow:
        held = await sessions.hold_token(uow.conn, digest)
        assert held is not None
        second = asyncio.create_task(refresh(gateway, old))
        await eventually(lambda: somebody_waits(gateway))
        await sessions.use_token(
            uow.conn, digest, session_id=held.session_id, successor=digest_of(successor), now=utc_now()
        )
    answer = await second
    assert (answer.status_code, answer.json()["refresh_token"]) == (200, successor)


async def somebody_waits(gateway: Gateway) -> bool:
    query = text(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    async with gateway.platform.open_uow() as uow:
        return (await uow.conn.execute(query)).scalar_one() > 0


async def refresh(gateway: Gateway, token: str) -> httpx.Response:
    return await gateway.client.post(
        "/auth/v1/token", params={"grant_type": "refresh_token"}, json={"refresh_token": token}
    )


async def test_a_refresh_token_that_comes_back_ends_the_session_for_everybody(gateway: Gateway) -> None:
    """A thief and the owner hold tokens of one family, and nobody knows who is who. Red when either stays in, or when it ends
    a session that has nothing to do with it."""
    client, first = await signed_in(gateway, "stolen@official.example")
    other = await client_of(gateway).sign_in_with_password({"email": "stolen@official.example", "password": PASSWORD})
    assert first.session is not None
    second = await client.refresh_session()
    assert second.session is not None
    await make_older(gateway, "refresh_tokens.used_at", REUSE_INTERVAL + timedelta(seconds=1))
    reused = await refresh(gateway, first.session.refresh_token)
    assert (reused.status_code, reused.json()) == (
        400,
        {"code": 400, "error_code": "refresh_token_already_used", "msg": "Invalid Refresh Token: Already Used"},
    )
    after = await refresh(gateway, second.session.refresh_token)
    assert (after.status_code, after.json()["error_code"]) == (400, "session_expired")
    assert [await may_work(gateway, session) for session in (first, second, other)] == [False, False, True]


async def test_an_unknown_or_idle_refresh_token_is_refused(gateway: Gateway) -> None:
    _, first = await signed_in(gateway, "idle@official.example")
    assert first.session is not None
    assert (await refresh(gateway, "x" * 43)).json()["error_code"] == "refresh_token_not_found"
    assert (await refresh(gateway, "é\u0000")).json()["error_code"] == "refresh_token_not_found"
    await make_older(gateway, "sessions.refreshed_at", IDLE + timedelta(minutes=1))
    assert (await refresh(gateway, first.session.refresh_token)).json()["error_code"] == "session_expired"


@pytest.mark.parametrize(
    ("scope", "stay"), [("global", [False, False]), ("local", [False, True]), ("others", [True, False])]
)
async def test_leaving_ends_what_was_asked_for_at_once(gateway: Gateway, scope: str, stay: list[bool]) -> None:
    """Red when an access token outlives its session, or another user's session ends."""
    email = f"{scope}@leaving.example"
    client, here = await signed_in(gateway, email)
    there = await client_of(gateway).sign_in_with_password({"email": email, "password": PASSWORD})
    _, stranger = await signed_in(gateway, f"not-{email}")
    await client.sign_out({"scope": scope})  # pyright: ignore[reportArgumentType]
    assert [await may_work(gateway, session) for session in (here, there, stranger)] == [*stay, True]


async def test_a_new_password_ends_the_other_sessions_and_is_told_of(gateway: Gateway) -> None:
    """Red when whoever knew the old one stays in, or nobody is told."""
    client, here = await signed_in(gateway, "change@official.example")
    there = await client_of(gateway).sign_in_with_password({"email": "change@official.example", "password": PASSWORD})
    changed = await client.update_user({"password": NEXT, "data": {"theme": "dark"}})
    assert changed.user.user_metadata == {"workspace_name": "Acme", "theme": "dark"}
    assert [await may_work(gateway, session) for session in (here, there)] == [True, False]
    await refused(
        "invalid_credentials",
        client_of(gateway).sign_in_with_password({"email": "change@official.example", "password": PASSWORD}),
    )
    await client_of(gateway).sign_in_with_password({"email": "change@official.example", "password": NEXT})
    assert [kind for kind, _ in await mails_to(gateway, "change@official.example")] == ["password_changed"]
    await refused("validation_failed", client.update_user({"email": "other@official.example"}))


async def mails_to(gateway: Gateway, address: str) -> list[tuple[str, str]]:
    async with gateway.platform.open_uow() as uow:
        rows = await uow.conn.execute(
            text("SELECT kind, body_text FROM gateway.mails WHERE address = :address ORDER BY created_at, id"),
            {"address": address},
        )
        return [(row.kind, row.body_text) for row in rows]


async def the_clock(gateway: Gateway) -> None:
    await mail_proofs(pages=PAGES, now=utc_now(), open_uow=gateway.platform.open_uow)


async def mailed_token(gateway: Gateway, address: str) -> str:
    await the_clock(gateway)
    found = re.search(r"#token_hash=([\w-]+)&type=\w+", (await mails_to(gateway, address))[-1][1])
    assert found
    return found.group(1)


async def test_a_forgotten_password_is_replaced_by_mail(gateway: Gateway) -> None:
    """Red when the link does not serve, serves twice, or does not let its reader choose a password."""
    client, _ = await signed_in(gateway, "forgot@official.example")
    visitor = client_of(gateway)
    await visitor.reset_password_for_email("forgot@official.example", {"redirect_to": "https://attacker.example"})
    token = await mailed_token(gateway, "forgot@official.example")
    ((kind, body),) = await mails_to(gateway, "forgot@official.example")
    assert kind == "recovery"
    assert f"https://app.example/reset#token_hash={token}&type=recovery" in body
    assert "attacker" not in body
    session = await visitor.verify_otp({"type": "recovery", "token_hash": token})
    assert session.user is not None
    assert session.user.email_confirmed_at is not None
    await visitor.update_user({"password": NEXT})
    await client_of(gateway).sign_in_with_password({"email": "forgot@official.example", "password": NEXT})
    for again in (token, "x" * 43):
        await refused("otp_expired", client_of(gateway).verify_otp({"type": "recovery", "token_hash": again}))
    assert client is not visitor


async def test_a_reset_takes_an_account_into_possession(gateway: Gateway) -> None:
    """Anybody may have signed up with somebody's address before them. Red when they stay in after its owner has shown that it is
    theirs, be it by a session or by their password."""
    _, squatter = await signed_in(gateway, "owner@taken.example")
    owner = client_of(gateway)
    await owner.reset_password_for_email("owner@taken.example")
    token = await mailed_token(gateway, "owner@taken.example")
    session = await owner.verify_otp({"type": "recovery", "token_hash": token})
    assert [await may_work(gateway, one) for one in (squatter, session)] == [False, True]
    await refused(
        "invalid_credentials",
        client_of(gateway).sign_in_with_password({"email": "owner@taken.example", "password": PASSWORD}),
    )


async def test_only_the_newest_link_serves_for_an_hour_and_only_for_what_it_was_made(gateway: Gateway) -> None:
    email = "links@official.example"
    await signed_in(gateway, email)
    visitor = client_of(gateway)
    await visitor.reset_password_for_email(email)
    first = await mailed_token(gateway, email)
    await visitor.reset_password_for_email(email)
    second = await mailed_token(gateway, email)
    assert first != second
    await refused("otp_expired", visitor.verify_otp({"type": "recovery", "token_hash": first}))
    await refused("otp_expired", visitor.verify_otp({"type": "signup", "token_hash": second}))
    await make_older(gateway, "mailed_tokens.expires_at", MAILED_TOKEN_LIFETIME)
    await refused("otp_expired", visitor.verify_otp({"type": "recovery", "token_hash": second}))


async def test_an_address_nobody_has_is_written_to_by_nobody(gateway: Gateway) -> None:
    """What is done while somebody waits is the same: one row. Red when a stranger's address gets mail, or the request stays."""
    await client_of(gateway).reset_password_for_email("nobody@official.example")
    async with gateway.platform.open_uow() as uow:
        count = text("SELECT count(*) FROM gateway.mail_requests WHERE email = 'nobody@official.example'")
        assert (await uow.conn.execute(count)).scalar_one() == 1
    await the_clock(gateway)
    async with gateway.platform.open_uow() as uow:
        assert (await uow.conn.execute(count)).scalar_one() == 0
    assert await mails_to(gateway, "nobody@official.example") == []


async def test_a_link_leads_to_a_page_of_ours_with_the_session_behind_the_hash(
    behind: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As GoTrue's own links do. Red when a session is handed to a page of somebody else's, or twice."""
    monkeypatch.setenv("APP_BASE_URL", "https://app.example")
    monkeypatch.setenv("FRONTEND_BASE_URLS", "https://other.example")
    async with replica(behind) as gateway:
        await signed_in(gateway, "link@official.example")
        for asked, page in (
            ("", "https://app.example/reset"),
            ("https://other.example/x?y=1#z", "https://other.example/x?y=1"),
            ("https://app.example.attacker.example/", "https://app.example/reset"),
            ("https://app.example@attacker.example/", "https://app.example/reset"),
            ("//attacker.example", "https://app.example/reset"),
            ("javascript:alert(1)", "https://app.example/reset"),
            ("http://app.example/", "https://app.example/reset"),
        ):
            await ask_anew(gateway, "link@official.example")
            token = await mailed_token(gateway, "link@official.example")
            where = {"token": token, "type": "recovery", "redirect_to": asked}
            answer = await gateway.client.get("/auth/v1/verify", params=where)
            location, _, fragment = answer.headers["location"].partition("#")
            told = parse_qs(fragment)
            assert (answer.status_code, location, told["type"]) == (303, page, ["recovery"])
            user = await gateway.client.get("/auth/v1/user", headers=bearer({"access_token": told["access_token"][0]}))
            assert user.json()["email"] == "link@official.example"
        again = await gateway.client.get("/auth/v1/verify", params=where)
        assert parse_qs(urlsplit(again.headers["location"]).fragment)["error_code"] == ["otp_expired"]


async def ask_anew(gateway: Gateway, email: str) -> None:
    async with gateway.platform.open_uow() as uow:
        await uow.conn.execute(text("DELETE FROM gateway.attempts"))
    await client_of(gateway).reset_password_for_email(email)


async def test_where_addresses_are_confirmed_nobody_is_in_before_the_mail_is_read(
    behind: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Red when an unproved address signs in, or whoever was in before is locked out; or when a second sign-up tells its sender
    what the mail tells the owner."""
    async with replica(behind) as gateway:
        _, before = await signed_in(gateway, "before@confirm.example")
        assert await may_work(gateway, before)
    monkeypatch.setenv("CONFIRM_SIGN_UPS", "true")
    async with replica(behind) as gateway:
        client, who = client_of(gateway), {"email": "new@confirm.example", "password": PASSWORD}
        await client.sign_up({"email": who["email"], "password": PASSWORD})
        await refused(
            "email_not_confirmed", client.sign_in_with_password({"email": who["email"], "password": PASSWORD})
        )
        await refused("invalid_credentials", client.sign_in_with_password({"email": who["email"], "password": NEXT}))
        token = await mailed_token(gateway, "new@confirm.example")
        session = await client.verify_otp({"type": "email", "token_hash": token})
        assert await may_work(gateway, session)
        await client.sign_in_with_password({"email": who["email"], "password": PASSWORD})
        await client.sign_up({"email": who["email"], "password": NEXT})
        await the_clock(gateway)
        assert [kind for kind, _ in await mails_to(gateway, "new@confirm.example")] == ["signup", "signup_again"]
        await client.sign_in_with_password({"email": "before@confirm.example", "password": PASSWORD})


async def test_attempts_are_counted_for_an_address_whoever_makes_them(gateway: Gateway) -> None:
    """Twenty wrong passwords at once, then one a while. Red when they are not counted; when a known address is counted
    otherwise than an unknown one; or when the owner, who knows the password, is counted for good."""
    await signed_in(gateway, "guessed@attempts.example")
    for email in ("guessed@attempts.example", "unknown@attempts.example"):
        codes = [(await try_password(gateway, email, "wrong")).json()["error_code"] for _ in range(22)]
        assert codes == ["invalid_credentials"] * 20 + ["over_request_rate_limit"] * 2
    limited = await try_password(gateway, "guessed@attempts.example", PASSWORD)
    assert (limited.status_code, limited.headers["retry-after"]) == (429, "30")
    await make_older(gateway, "attempts.full_at", timedelta(seconds=30))
    assert (await try_password(gateway, "guessed@attempts.example", PASSWORD)).status_code == 200
    assert (await try_password(gateway, "guessed@attempts.example", "wrong")).status_code == 400


async def try_password(gateway: Gateway, email: str, password: str, **headers: str) -> httpx.Response:
    who = {"email": email, "password": password}
    return await gateway.client.post("/auth/v1/token", params={"grant_type": "password"}, json=who, headers=headers)


async def test_attempts_are_counted_for_a_client_whatever_address_it_claims(
    behind: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hundred at once from one client, each with an address of its own. Red when they are not counted, when a forged
    X-Forwarded-For makes another client of it, or when everybody behind our own proxy is one."""
    async with replica(behind) as gateway:
        answers = await asyncio.gather(
            *(
                try_password(
                    gateway, f"{new_id()}@attempts.example", "wrong", **{"X-Forwarded-For": f"10.0.0.{number}"}
                )
                for number in range(110)
            )
        )
        statuses = [answer.status_code for answer in answers]
        assert statuses.count(400) <= 100 + 5
        assert statuses.count(429) >= 5
    monkeypatch.setenv("PROXIES_IN_FRONT", "1")
    async with replica(behind) as gateway:
        forwarded = {"X-Forwarded-For": "127.0.0.1, 203.0.113.9"}
        answer = await try_password(gateway, f"{new_id()}@attempts.example", "wrong", **forwarded)
        assert answer.status_code == 400


async def test_mails_are_asked_for_seldom(gateway: Gateway) -> None:
    """Red when anybody may fill somebody's inbox; or when only known addresses are counted."""
    for email in ("asked@official.example", "not-known@official.example"):
        answers = [await gateway.client.post("/auth/v1/recover", json={"email": email}) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert answers[-1].json()["error_code"] == "over_email_send_rate_limit"


async def test_what_the_issuer_says_of_itself(gateway: Gateway) -> None:
    for path, some in (
        ("health", {"name": "GoTrue"}),
        ("settings", {"mailer_autoconfirm": True, "disable_signup": False}),
        (".well-known/jwks.json", {"keys": []}),
    ):
        answer = await gateway.client.get(f"/auth/v1/{path}")
        assert answer.status_code == 200
        assert some.items() <= answer.json().items()
    for path in ("user", "logout"):
        method = "GET" if path == "user" else "POST"
        for headers, status, code in (
            ({}, 401, "no_authorization"),
            ({"Authorization": "Bearer x.y.z"}, 403, "bad_jwt"),
        ):
            answer = await gateway.client.request(method, f"/auth/v1/{path}", headers=headers)
            assert (answer.status_code, answer.json()["error_code"]) == (status, code)
    answer = await gateway.client.post("/auth/v1/token", params={"grant_type": "pkce"}, json={})
    assert (answer.status_code, answer.json()["error_code"]) == (400, "validation_failed")


async def test_whoever_signs_up_first_with_somebodys_address_is_not_in_when_its_owner_confirms(
    behind: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thief waits at the address with a password of their own. Red when the owner's sign-up, or their click, lets it in; or
    when the mail about the thief's sign-up still serves after the owner's."""
    monkeypatch.setenv("CONFIRM_SIGN_UPS", "true")
    async with replica(behind) as gateway:
        thief, owner, email = client_of(gateway), client_of(gateway), "waited-for@taken.example"
        await thief.sign_up({"email": email, "password": PASSWORD, "options": {"data": {"workspace_name": "Trap"}}})
        early = await mailed_token(gateway, email)
        await owner.sign_up({"email": email, "password": NEXT})
        await refused("otp_expired", owner.verify_otp({"type": "email", "token_hash": early}))
        session = await owner.verify_otp({"type": "email", "token_hash": await mailed_token(gateway, email)})
        assert session.user is not None
        assert session.user.user_metadata == {}
        await refused("invalid_credentials", thief.sign_in_with_password({"email": email, "password": PASSWORD}))
        await owner.sign_in_with_password({"email": email, "password": NEXT})
        await thief.sign_up({"email": email, "password": PASSWORD})
        await refused("invalid_credentials", thief.sign_in_with_password({"email": email, "password": PASSWORD}))


async def test_whoever_takes_an_account_into_possession_has_no_keys_of_others_in_it(gateway: Gateway) -> None:
    """Red when an API key, made by whoever signed up with the address before its owner, outlives the owner's reset."""
    squatter = await gateway.sign_up("keys@taken.example")
    key = await key_of(gateway, squatter)
    assert (await gateway.client.get("/v1/me", headers=bearer(key))).status_code == 200
    owner = client_of(gateway)
    await owner.reset_password_for_email("keys@taken.example")
    await owner.verify_otp({"type": "recovery", "token_hash": await mailed_token(gateway, "keys@taken.example")})
    answer = await gateway.client.get("/v1/me", headers=bearer(key))
    assert (answer.status_code, answer.json()["code"]) == (401, "key_revoked")
    # Proved once, an account keeps its keys.
    kept = await key_of(gateway, await session_of(owner))
    await owner.reset_password_for_email("keys@taken.example")
    await owner.verify_otp({"type": "recovery", "token_hash": await mailed_token(gateway, "keys@taken.example")})
    assert (await gateway.client.get("/v1/me", headers=bearer(kept))).status_code == 200


async def session_of(client: AsyncGoTrueClient) -> dict[str, str]:
    session = await client.get_session()
    assert session is not None
    return {"access_token": session.access_token}


async def key_of(gateway: Gateway, session: dict[str, str]) -> dict[str, str]:
    body = {"name": "A key", "scopes": ["read"]}
    made = await gateway.client.post("/v1/api-keys", json=body, headers=bearer(session))
    assert made.status_code == 201, made.text
    return {"access_token": made.json()["key"]}


async def test_an_operators_address_is_not_confirmed_by_a_click(
    behind: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody signed up with it before it was listed. Red when they can have the operator mailed a link that, followed, makes
    an operator of their password."""
    monkeypatch.setenv("CONFIRM_SIGN_UPS", "true")
    async with replica(behind) as gateway:
        await client_of(gateway).sign_up({"email": "chief@click.example", "password": PASSWORD})
    monkeypatch.setenv("ENV", "production")
    monkeypatch.setenv("ADMIN_EMAILS", "chief@click.example")
    async with replica(behind) as gateway:
        await the_clock(gateway)
        before = await mails_to(gateway, "chief@click.example")
        answers = [
            await gateway.client.post("/auth/v1/resend", json={"type": "signup", "email": email})
            for email in ("chief@click.example", "nobody@click.example")
        ]
        assert [(answer.status_code, answer.json()) for answer in answers] == [(200, {})] * 2
        await the_clock(gateway)
        assert await mails_to(gateway, "chief@click.example") == before


async def test_what_users_say_of_themselves_fits_into_their_tokens(gateway: Gateway) -> None:
    """Red when somebody can say so much, at once or little by little, that their own tokens are refused."""
    umlauts, who = {"name": "ü" * 1500}, {"email": "long@words.example", "password": PASSWORD}
    refusal = await gateway.client.post("/auth/v1/signup", json={**who, "data": umlauts})
    assert (refusal.status_code, refusal.json()["error_code"]) == (422, "validation_failed")
    client, first = await signed_in(gateway, "long@words.example")
    await client.update_user({"data": {"a": "x" * 2000}})
    await refused("validation_failed", client.update_user({"data": {"b": "x" * 2200}}))
    await client.update_user({"data": {"a": "", "b": "x" * 3900}})
    assert [await may_work(gateway, first), await may_work(gateway, await again(client))] == [True, True]


async def again(client: AsyncGoTrueClient) -> AuthResponse:
    return await client.refresh_session()


async def test_a_setting_without_a_host_is_no_page_to_be_led_to(
    behind: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`*` has no host, and neither has `///attacker.example`, which a browser takes for another host all the same."""
    monkeypatch.setenv("APP_BASE_URL", "https://app.example")
    monkeypatch.setenv("FRONTEND_BASE_URLS", "*")
    async with replica(behind) as gateway:
        where = {"token": "x", "type": "recovery", "redirect_to": "///attacker.example"}
        answer = await gateway.client.get("/auth/v1/verify", params=where)
        assert answer.headers["location"].startswith("https://app.example/reset#")


async def test_used_refresh_tokens_are_forgotten_when_their_owner_would_have_to_sign_in_anew(gateway: Gateway) -> None:
    """Red when a living session keeps each token it ever had; or when one is forgotten that may still give a thief away."""
    client, first = await signed_in(gateway, "forgets@official.example")
    second = await client.refresh_session()
    third = await client.refresh_session()
    oldest, used, last = (digest_of(one.session.refresh_token) for one in (first, second, third) if one.session)
    ages = {oldest: IDLE + timedelta(minutes=1), used: IDLE - timedelta(minutes=1)}
    async with gateway.platform.open_uow() as uow:
        for digest, age in ages.items():
            chosen = update(refresh_tokens).where(refresh_tokens.c.digest == digest)
            await uow.conn.execute(chosen.values(used_at=utc_now() - age))
        old = update(refresh_tokens).where(refresh_tokens.c.digest == last)
        await uow.conn.execute(old.values(created_at=utc_now() - IDLE * 2))
    clock = schedules(gateway.platform.open_uow, mail_server=None, pages=PAGES, keep_audit=timedelta(days=400))
    (forget,) = [one for one in clock if one.name == "forget_sessions"]
    await forget.work()
    async with gateway.platform.open_uow() as uow:
        ours = select(refresh_tokens.c.digest).where(refresh_tokens.c.digest.in_([oldest, used, last]))
        assert set((await uow.conn.execute(ours)).scalars()) == {used, last}
    assert third.session is not None
    assert (await refresh(gateway, third.session.refresh_token)).status_code == 200


async def test_who_never_confirmed_an_address_is_forgotten(gateway: Gateway) -> None:
    """Red when addresses that anybody may have typed are kept for ever; or when somebody goes who has shown theirs, has worked
    here, or may still confirm."""
    now = utc_now()
    old, young = now - KEEP_UNCONFIRMED - timedelta(minutes=1), now - KEEP_UNCONFIRMED + timedelta(minutes=1)
    kinds = {
        "never": (old, {}),
        "young": (young, {}),
        "proved": (old, {"email_proved_at": old}),
        "welcomed": (old, {"welcomed_at": old}),
        "vouched": (old, {"password_hash": None}),
    }
    ids = {name: new_id() for name in kinds}
    async with gateway.platform.open_uow() as uow:
        for name, (created_at, more) in kinds.items():
            row = {"id": ids[name], "email": f"{name}@confirms.example", "password_hash": "x", "created_at": created_at}
            await uow.conn.execute(users.insert().values(**{**row, **more}))

    async def left(*, confirms: bool) -> set[str]:
        clock = schedules(
            gateway.platform.open_uow,
            mail_server=None,
            pages=PAGES,
            keep_audit=timedelta(days=400),
            confirms_sign_ups=confirms,
        )
        (forget,) = [one for one in clock if one.name == "forget_sessions"]
        await forget.work()
        async with gateway.platform.open_uow() as uow:
            found = set((await uow.conn.execute(select(users.c.id).where(users.c.id.in_(ids.values())))).scalars())
        return {name for name, id_ in ids.items() if id_ in found}

    assert await left(confirms=False) == set(kinds)
    assert await left(confirms=True) == set(kinds) - {"never"}


async def test_changes_of_a_password_are_counted(gateway: Gateway) -> None:
    """Each costs a slow hash and mails its owner. Red when whoever is signed in may ask for any number; or when what users
    say of themselves is counted with it."""
    session = await gateway.sign_up("changes@attempts.example")
    headers = bearer(session)
    for _ in range(BY_ADDRESS["new_password"].burst):
        answer = await gateway.client.put("/auth/v1/user", json={"password": "short"}, headers=headers)
        assert answer.status_code == 422, answer.text
    answer = await gateway.client.put("/auth/v1/user", json={"password": NEXT}, headers=headers)
    assert (answer.status_code, answer.json()["error_code"]) == (429, "over_request_rate_limit")
    said = await gateway.client.put("/auth/v1/user", json={"data": {"theme": "dark"}}, headers=headers)
    assert said.status_code == 200
    await gateway.sign_in("changes@attempts.example")
