"""Invitations: mailed, used once by whom they went to, and within what the plan has room for."""

import asyncio
from collections import Counter
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select, update

from libs.common.clock import utc_now
from libs.common.ids import new_id
from services.gateway.domain.attempts import BY_INVITED, BY_INVITER, key_of
from services.gateway.domain.mails import Mail, Outcome
from services.gateway.repositories import attempts
from services.gateway.repositories import mails as mail_rows
from services.gateway.tables import invitations, mails
from tests.integration.gateway.conftest import PASSWORD, Gateway, bearer
from tests.integration.gateway.people import join, mailed_token, owner, room_for


def told(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


async def age(gateway: Gateway, invitation_id: str, **by: timedelta) -> None:
    """As if that time had gone by."""
    async with gateway.platform.open_uow() as uow:
        values = {name: invitations.c[name] - span for name, span in by.items()}
        await uow.conn.execute(update(invitations).where(invitations.c.id == UUID(invitation_id)).values(**values))


async def test_an_invitation_is_mailed_with_a_link_that_no_server_sees(gateway: Gateway) -> None:
    """Red when the token stands before the `#`, or anywhere in our tables but in the mail that waits."""
    boss = await owner(gateway, "boss@mail.example")
    made = await boss.did("POST", "invitations", {"email": " Ada@Mail.Example "}, status=201)
    assert (made["email"], made["role"], made["state"]) == ("ada@mail.example", "member", "open")
    token = await mailed_token(gateway, "ada@mail.example")
    assert token not in str(made)
    async with gateway.platform.open_uow() as uow:
        row = (await uow.conn.execute(select(mails).where(mails.c.address == "ada@mail.example"))).one()
        digest = (await uow.conn.execute(select(invitations.c.digest))).scalars().all()
    assert f"http://localhost:8080/invitation#token={token}" in row.body_text
    assert "boss@mail.example invites you to Acme" in row.subject
    assert all(token.encode() not in one for one in digest)


async def test_an_invitation_serves_once_and_only_whom_it_went_to(gateway: Gateway) -> None:
    """Red when a link that was passed on lets somebody else in, or a second person."""
    boss = await owner(gateway, "boss@once.example")
    thief, ada = await owner(gateway, "thief@once.example"), await owner(gateway, "ada@once.example")
    await boss.did("POST", "invitations", {"email": "ada@once.example", "role": "viewer"}, status=201)
    body = {"token": await mailed_token(gateway, "ada@once.example")}
    assert await thief.refused("POST", "invitations/accept", body) == (403, "invitation_for_another")
    joined = await ada.did("POST", "invitations/accept", body)
    assert joined == {"workspace_id": boss.workspace_id, "workspace_name": "Acme", "role": "viewer"}
    assert await ada.did("POST", "invitations/accept", body) == joined
    assert await thief.refused("POST", "invitations/accept", body) == (403, "invitation_for_another")
    await boss.did("DELETE", f"members/{ada.user_id}", status=204)
    assert await ada.refused("POST", "invitations/accept", body) == (409, "invitation_used")
    assert await ada.refused("POST", "invitations/accept", {"token": "x"}) == (404, "invitation_not_found")


async def test_an_invitation_ends_by_time_by_word_and_by_a_newer_mail(gateway: Gateway) -> None:
    boss, ada = await owner(gateway, "boss@end.example"), await owner(gateway, "ada@end.example")
    made = await boss.did("POST", "invitations", {"email": ada.email}, status=201)
    first = {"token": await mailed_token(gateway, ada.email)}
    assert await boss.refused("POST", "invitations", {"email": ada.email}) == (409, "invitation_open")
    early = await boss.ask("POST", f"invitations/{made['id']}/resend")
    assert told(early) == (429, "invitation_just_mailed")
    assert 0 < int(early.headers["Retry-After"]) <= 300
    await age(gateway, made["id"], expires_at=timedelta(days=7), mailed_at=timedelta(days=7))
    assert await ada.refused("POST", "invitations/accept", first) == (410, "invitation_expired")
    assert (await boss.did("POST", f"invitations/{made['id']}/resend"))["state"] == "open"
    second = {"token": await mailed_token(gateway, ada.email)}
    assert await ada.refused("POST", "invitations/accept", first) == (404, "invitation_not_found")
    await boss.did("DELETE", f"invitations/{made['id']}", status=204)
    await boss.did("DELETE", f"invitations/{made['id']}", status=204)
    assert await ada.refused("POST", "invitations/accept", second) == (404, "invitation_not_found")
    assert await boss.refused("POST", f"invitations/{made['id']}/resend") == (404, "invitation_not_found")
    await boss.did("POST", "invitations", {"email": ada.email}, status=201)
    states = [one["state"] for one in (await boss.did("GET", "invitations"))["items"]]
    assert states == ["open", "revoked"]


async def test_an_expired_invitation_makes_room_for_another(gateway: Gateway) -> None:
    boss = await owner(gateway, "boss@again.example")
    made = await boss.did("POST", "invitations", {"email": "late@again.example"}, status=201)
    await age(gateway, made["id"], expires_at=timedelta(days=8))
    await boss.did("POST", "invitations", {"email": "late@again.example"}, status=201)
    states = [one["state"] for one in (await boss.did("GET", "invitations"))["items"]]
    assert states == ["open", "revoked"]


async def test_of_many_who_accept_at_once_one_joins(gateway: Gateway) -> None:
    """Red without the lock: two memberships, or two uses. The same person asking twice is answered twice."""
    boss, ada = await owner(gateway, "boss@race.example"), await owner(gateway, "ada@race.example")
    await boss.did("POST", "invitations", {"email": ada.email}, status=201)
    body = {"token": await mailed_token(gateway, ada.email)}
    answers = await asyncio.gather(*(ada.ask("POST", "invitations/accept", body) for _ in range(6)))
    assert Counter(one.status_code for one in answers) == {200: 6}
    emails = [one["email"] for one in (await boss.did("GET", "members"))["items"]]
    assert sorted(emails) == ["ada@race.example", "boss@race.example"]


async def test_the_plans_last_place_is_given_once(gateway: Gateway) -> None:
    """Red when two see the same free place."""
    boss = await owner(gateway, "boss@place.example")
    people = [await owner(gateway, f"{name}@place.example") for name in ("ada", "bob", "cleo")]
    for one in people:
        await boss.did("POST", "invitations", {"email": one.email}, status=201)
    await room_for(gateway, boss.workspace_id, 2)
    bodies = [{"token": await mailed_token(gateway, one.email)} for one in people]
    asked = (one.ask("POST", "invitations/accept", body) for one, body in zip(people, bodies, strict=True))
    answers = await asyncio.gather(*asked)
    assert Counter(told(one) for one in answers) == {(200, ""): 1, (409, "members_reached"): 2}
    assert len((await boss.did("GET", "members"))["items"]) == 2
    assert await boss.refused("POST", "invitations", {"email": "dora@place.example"}) == (409, "members_reached")


async def test_an_invitation_that_is_revoked_while_it_is_accepted_is_one_or_the_other(gateway: Gateway) -> None:
    boss, ada = await owner(gateway, "boss@both.example"), await owner(gateway, "ada@both.example")
    made = await boss.did("POST", "invitations", {"email": ada.email}, status=201)
    body = {"token": await mailed_token(gateway, ada.email)}
    revoked, accepted = await asyncio.gather(
        boss.ask("DELETE", f"invitations/{made['id']}"), ada.ask("POST", "invitations/accept", body)
    )
    assert (revoked.status_code, accepted.status_code) in {(204, 404), (409, 200)}
    members = len((await boss.did("GET", "members"))["items"])
    assert members == (2 if accepted.status_code == 200 else 1)


async def test_who_may_not_manage_members_neither_invites_nor_sees_who_is_invited(gateway: Gateway) -> None:
    boss = await owner(gateway, "boss@who.example")
    member = await join(boss, "member@who.example", "member")
    stranger = await owner(gateway, "stranger@who.example")
    made = await boss.did("POST", "invitations", {"email": "ada@who.example"}, status=201)
    assert await member.refused("GET", "invitations") == (403, "role_too_low")
    assert await member.refused("POST", "invitations", {"email": "x@who.example"}) == (403, "role_too_low")
    for path in (f"invitations/{made['id']}/resend", f"invitations/{new_id()}/resend"):
        assert await stranger.refused("POST", path) == (404, "invitation_not_found")
    assert await stranger.refused("DELETE", f"invitations/{made['id']}") == (404, "invitation_not_found")
    assert await boss.refused("POST", "invitations", {"email": member.email}) == (409, "already_member")
    owners = await boss.ask("POST", "invitations", {"email": "y@who.example", "role": "owner"})
    assert owners.status_code == 422


async def test_a_workspace_mails_no_more_than_so_many_strangers_a_day(gateway: Gateway) -> None:
    """Red when Corofy's own mails can be had in any number."""
    boss = await owner(gateway, "boss@flood.example")
    now = utc_now()
    rows = [
        {"id": new_id(), "workspace_id": UUID(boss.workspace_id), "address": f"{n}@flood.example", "role": "member",
         "digest": f"{n}".encode(), "invited_by": UUID(boss.user_id), "expires_at": now, "revoked_at": now}
        for n in range(100)
    ]  # fmt: skip
    async with gateway.platform.open_uow() as uow:
        await uow.conn.execute(invitations.insert(), rows)
    assert await boss.refused("POST", "invitations", {"email": "more@flood.example"}) == (429, "too_many_invitations")


async def test_a_link_is_forgotten_when_its_mail_has_ended(gateway: Gateway) -> None:
    """Red when whoever reads our tables finds links that still open something."""
    boss = await owner(gateway, "boss@forgotten.example")
    await boss.did("POST", "invitations", {"email": "sent@forgotten.example"}, status=201)
    await boss.did("POST", "invitations", {"email": "lost@forgotten.example"}, status=201)
    ends = {"sent@forgotten.example": "sent", "lost@forgotten.example": "unknown"}
    async with gateway.platform.open_uow() as uow:
        ours = mails.c.address.in_(ends)
        rows = (await uow.conn.execute(select(mails).where(ours))).all()
        await uow.conn.execute(update(mails).where(ours).values(state="sending", attempts=1, lease_until=utc_now()))
        sent = next(row for row in rows if ends[row.address] == "sent")
        mail = Mail(sent.id, sent.address, sent.subject, sent.body_text, sent.body_html, 1)
        assert await mail_rows.record(uow.conn, mail, Outcome("sent", "250"), now=utc_now())
        await mail_rows.resolve_lost(uow.conn, now=utc_now())
        left = (await uow.conn.execute(select(mails).where(ours))).all()
    assert {row.address: row.state for row in left} == ends
    assert {(row.body_text, row.body_html) for row in left} == {("", "")}


@pytest.mark.parametrize("way", ["demoted", "removed", "left"])
async def test_an_invitation_holds_no_longer_than_its_maker_may_invite(gateway: Gateway, way: str) -> None:
    """Whoever is to go might have invited another address of theirs as an admin. Red when that brings them back, or when what
    others have sent is revoked with it."""
    boss = await owner(gateway, f"boss@{way}.example")
    admin = await join(boss, f"admin@{way}.example", "admin")
    back, welcome = await owner(gateway, f"back@{way}.example"), await owner(gateway, f"welcome@{way}.example")
    await admin.did("POST", "invitations", {"email": back.email, "role": "admin"}, status=201)
    await boss.did("POST", "invitations", {"email": welcome.email}, status=201)
    if way == "demoted":
        await boss.did("PATCH", f"members/{admin.user_id}", {"role": "member"})
    elif way == "removed":
        await boss.did("DELETE", f"members/{admin.user_id}", status=204)
    else:
        await admin.did("DELETE", "workspace/membership", status=204)
    token = {"token": await mailed_token(gateway, back.email)}
    assert await back.refused("POST", "invitations/accept", token) == (404, "invitation_not_found")
    await welcome.did("POST", "invitations/accept", {"token": await mailed_token(gateway, welcome.email)})
    await boss.did("POST", "invitations", {"email": back.email}, status=201)


async def test_somebody_invites_no_more_than_so_many_a_day_whatever_they_own(gateway: Gateway) -> None:
    """A hundred from one workspace are spent; the next asks from another of theirs. Red when workspaces multiply the number."""
    boss = await owner(gateway, "boss@relay.example")
    async with gateway.platform.open_uow() as uow:
        key = key_of("invitation", f"user {boss.user_id}")
        for _ in range(BY_INVITER.burst):
            assert await attempts.take(uow.conn, key, BY_INVITER)
    made = await boss.did("POST", "workspaces", {"name": "Another"}, status=201)
    answer = await boss.within(made["id"]).ask("POST", "invitations", {"email": "x@relay.example"})
    assert told(answer) == (429, "too_many_invitations")
    assert int(answer.headers["Retry-After"]) == BY_INVITER.every_s
    async with gateway.platform.open_uow() as uow:
        asked = select(mails.c.id).where(mails.c.address == "x@relay.example")
        assert (await uow.conn.execute(asked)).first() is None
    assert (await boss.within(made["id"]).did("GET", "invitations"))["items"] == []


async def test_an_address_is_written_to_seldom_whoever_invites_it(gateway: Gateway) -> None:
    """Red when many people, or one with many workspaces, may fill somebody's inbox; or when asking in vain counts."""
    bosses = [await owner(gateway, f"boss{n}@inbox.example") for n in range(BY_INVITED.burst + 1)]
    body = {"email": "full@inbox.example"}
    for boss in bosses[:-1]:
        await boss.did("POST", "invitations", body, status=201)
        for _ in range(2):
            assert await boss.refused("POST", "invitations", body) == (409, "invitation_open")
    assert await bosses[-1].refused("POST", "invitations", body) == (429, "too_many_invitations")
    (made,) = (await bosses[0].did("GET", "invitations"))["items"]
    await age(gateway, made["id"], mailed_at=timedelta(days=1))
    assert await bosses[0].refused("POST", f"invitations/{made['id']}/resend") == (429, "too_many_invitations")
    await bosses[-1].did("POST", "invitations", {"email": "other@inbox.example"}, status=201)


@pytest.mark.parametrize("name", ["Win at https://evil.example", "ftp://evil.example", "Go to WWW.evil.example"])
async def test_a_workspaces_name_leads_nowhere(gateway: Gateway, name: str) -> None:
    """It stands in mails to strangers. Red when it can be a link: made, changed, or said at signing up."""
    boss = await owner(gateway, f"boss-{new_id()}@link.example")
    assert await boss.refused("POST", "workspaces", {"name": name}) == (422, "invalid_request")
    assert await boss.refused("PATCH", "workspace", {"name": name}) == (422, "invalid_request")
    who = {"email": f"ada-{new_id()}@link.example", "password": PASSWORD}
    answer = await gateway.client.post("/auth/v1/signup", json={**who, "data": {"workspace_name": name}})
    assert answer.status_code == 200, answer.text
    me = await gateway.client.get("/v1/me", headers=bearer(await gateway.sign_in(who["email"])))
    assert me.json()["workspace_name"] == who["email"].partition("@")[0]
