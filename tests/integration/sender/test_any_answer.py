"""Providers over HTTP may answer anything: what comes of it is one of the port's outcomes or its one error, never another."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from libs.common.clock import utc_now
from libs.common.errors import AppError
from services.sender.clients.instantly import HandOver, Instantly
from services.sender.clients.mailbox import MailboxDown, Proof
from services.sender.clients.mailgun import MailgunMailbox
from services.sender.clients.oauth import ConsentRevoked, OAuthAway
from services.sender.clients.sendgrid import SendGridMailbox
from services.sender.domain.hand_over import schedule_of
from services.sender.domain.mailboxes.consent import Grant
from services.sender.domain.message import Letter, Sender, build, message_id_of
from services.sender.domain.sending import Accepted, Deferred, Refused, Unknown
from services.sender.domain.templates import Rendered
from services.sender.domain.windows import ALWAYS
from tests.integration.sender.office import oauth
from tests.support.upstream import serving

WAITS = {"provider_timeout_s": 5, "connect_timeout_s": 5}
NAMES = [
    *("id", "items", "email", "next_starting_after", "messages", "msg_id", "status", "scopes", "event"),
    *("error", "error_description", "access_token", "expires_in", "refresh_token", "id_token", "scope"),
]
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(max_size=20),
    st.sampled_from(["mail.send", "accepted", "invalid_grant", "bo@client.example", "../../accounts", "a\0b"]),
)
BODIES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)
STATUSES = st.sampled_from([200, 202, 201, 302, 400, 401, 403, 404, 409, 413, 418, 429, 500, 503, 599])
NO_JSON = st.sampled_from([b"", b"{", b"\xff\xfe", b"[" * 5000, b'"\\ud800"', b"<html>", b"NaN", b"1e999"])


@dataclass
class Whim:
    """A provider that answers whatever it is told to, to every request."""

    status: int = 200
    body: bytes = b""
    asked: list[str] = field(default_factory=list[str])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            for step in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{step}.complete"})
            return
        request = Request(scope, receive)
        await request.body()
        self.asked.append(request.url.path)
        headers = {"content-type": "application/json", "x-message-id": "m-1"}
        await Response(self.body, self.status, headers=headers)(scope, receive, send)


@dataclass
class Asked:
    """All that is asked of providers, by what it may end with."""

    whim: Whim
    sendgrid: SendGridMailbox
    mailgun: MailgunMailbox
    instantly: Instantly
    tokens: Callable[[], Awaitable[Grant]]

    def of_people(self) -> list[Awaitable[object]]:
        """Each answers, or raises MailboxDown."""
        schedule = schedule_of(ALWAYS, zone="UTC", name="Pumps", now=utc_now())
        wish = HandOver("Pumps", schedule, daily_limit=4, accounts=["a@b.example"])
        return [
            self.sendgrid.prove(),
            self.mailgun.prove(),
            self.instantly.prove(),
            self.sendgrid.lookup("<a@b>"),
            self.mailgun.lookup("<a@b>"),
            self.instantly.make_campaign(wish),
            self.instantly.change_campaign("c", wish),
            self.instantly.set_active("c", active=True),
            self.instantly.take_back("bo@client.example", campaign="c"),
        ]


def letter() -> Letter:
    email_id = uuid4()
    return build(
        Rendered("s", "text\n", None),
        sender=Sender("Ann", "ann@acme.example", "1 Street", "ann@acme.example"),
        to="bo@client.example",
        message_id=message_id_of(email_id, domain="acme.example"),
        email_id=email_id,
        now=utc_now(),
    )


@pytest.fixture(scope="module")
async def asked() -> AsyncGenerator[Asked]:
    whim = Whim()
    async with serving(whim) as url, httpx.AsyncClient() as http:
        apps = oauth(url, http=http)
        all_ = Asked(
            whim,
            SendGridMailbox("k", base_url=url, **WAITS),
            MailgunMailbox("k", domain="acme.example", base_url=url, **WAITS),
            Instantly("k", base_url=url, **WAITS),
            lambda: apps.refresh("google", refresh_token="r"),
        )
        yield all_
        for client in (all_.sendgrid, all_.mailgun, all_.instantly):
            await client.close()


async def told(question: Awaitable[object], allowed: type[AppError] | tuple[type[AppError], ...]) -> str:
    """The words of the error that is allowed, if there is one."""
    try:
        assert isinstance(await question, str | bool | Proof | Accepted | Grant | None)
    except allowed as error:
        return error.message
    return ""


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(status=STATUSES, body=st.one_of(BODIES.map(lambda told: json.dumps(told).encode()), NO_JSON))
@example(status=200, body=b'{"scopes": null}')
@example(status=200, body=b'{"messages": {"a": 1}, "items": {"a": 1}}')
@example(status=200, body=b'{"messages": ["a"], "items": ["a"]}')
@example(status=200, body=b'{"items": [{"email": "bo@client.example"}]}')
@example(status=200, body=b'{"items": [{"email": "bo@client.example", "id": "../accounts/1"}]}')
@example(status=200, body=b'{"id": {"a": 1}, "access_token": null}')
@example(status=200, body=b'{"access_token": "t", "expires_in": "soon"}')
@example(status=400, body=b'{"error": {"a": 1}}')
async def test_any_answer_is_an_outcome_or_the_one_error_of_the_port(asked: Asked, status: int, body: bytes) -> None:
    """Red when an answer of another shape is a failure of ours (an HTTP 500, a loop that falls over), or leads us elsewhere."""
    asked.whim.status, asked.whim.body = status, body
    asked.whim.asked.clear()
    said = [await told(question, MailboxDown) for question in asked.of_people()]
    said += [await told(asked.tokens(), (ConsentRevoked, OAuthAway))]
    mail = letter()
    for outcome in (
        await asked.sendgrid.send(mail, may_call=lambda: True),
        await asked.mailgun.send(mail, may_call=lambda: True),
        await asked.instantly.hand_over(mail, campaign="c", may_call=lambda: True),
    ):
        assert isinstance(outcome, Accepted | Refused | Deferred | Unknown)
        said.append(outcome.reply)
    assert not [words for words in said if "\0" in words]
    assert not [path for path in asked.whim.asked if ".." in path or "accounts/" in path]


@pytest.mark.parametrize(
    ("body", "lives"),
    [({"access_token": "t", "expires_in": 60}, 60), ({"access_token": "t", "refresh_token": None}, 3600)],
)
async def test_a_token_that_says_little_is_a_token(asked: Asked, body: dict[str, Any], lives: float) -> None:
    asked.whim.status, asked.whim.body = 200, json.dumps(body).encode()
    grant = await asked.tokens()
    assert (grant.access_token, grant.lives_s, grant.refresh_token) == ("t", lives, "")
