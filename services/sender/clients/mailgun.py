"""Mailgun (api.mailgun.net/v3): the finished mail as it is, looked up again among the domain's events. It has no idempotency
keys: what is unknown is not sent again by itself."""

from collections.abc import Callable
from typing import Any, Final, Literal

import httpx

from libs.common import metrics
from services.sender.clients.http_call import Answer, HttpCall, Id, Shape, Taken, ask, ask_whole, client_of, understood
from services.sender.clients.mailbox import Capabilities, Proof
from services.sender.domain.message import Letter
from services.sender.domain.sending import Accepted, Deferred, Outcome, Refused, Unknown

BASE_URLS: Final = {"us": "https://api.mailgun.net", "eu": "https://api.eu.mailgun.net"}
_OK, _BAD_REQUEST, _UNAUTHORIZED, _TOO_LARGE = 200, 400, 401, 413


class _Event(Shape):
    id: Id
    event: Literal["accepted"]


class _Events(Shape):
    items: list[_Event]


class _Listed(Shape):
    items: list[dict[str, Any]]


class MailgunMailbox:
    """One client for one sending domain, for one task at a time."""

    def __init__(
        self,
        key: str,
        *,
        domain: str,
        provider_timeout_s: float,
        connect_timeout_s: float,
        base_url: str = BASE_URLS["us"],
    ) -> None:
        self._domain = domain
        self._timeout_s = provider_timeout_s
        self._client = client_of(
            base_url,
            auth=httpx.BasicAuth("api", key),
            provider_timeout_s=provider_timeout_s,
            connect_timeout_s=connect_timeout_s,
        )

    @property
    def capabilities(self) -> Capabilities:
        """It tells what it has taken, and what became of it."""
        return Capabilities(lookup=True, webhooks=True)

    async def open(self) -> None:
        """Nothing is kept open between mails."""

    async def close(self) -> None:
        """Close the connection."""
        await self._client.aclose()

    async def prove(self) -> Proof:
        """Whether the key is one of the domain's. Raises MailboxDown."""
        path = f"/v3/{self._domain}/events"
        answer = await ask_whole(
            self._client, "GET", path, who="Mailgun", timeout_s=self._timeout_s, params={"limit": "1"}
        )
        understood(answer, _Listed, who="Mailgun")
        return Proof(answer.sandboxed)

    async def send(self, letter: Letter, *, may_call: Callable[[], bool]) -> Outcome:
        """One mail to its one recipient."""
        call = HttpCall(self._client, may_call=may_call, timeout_s=self._timeout_s)
        mail = {"message": ("mail.eml", letter.content, "application/octet-stream")}
        told = {"to": letter.envelope_to, "o:tracking": "no"}
        with metrics.PROVIDER_SECONDS.labels("mailgun").time():
            answer = await call.run(f"/v3/{self._domain}/messages.mime", data=told, files=mail)
        outcome = outcome_of(answer) if isinstance(answer, Answer) else answer
        metrics.PROVIDER_CALLS.labels("mailgun", type(outcome).__name__.lower()).inc()
        return outcome

    async def lookup(self, message_id: str) -> Accepted | None:
        """What the events say of a mail. They lag by minutes, and are kept for days."""
        params = {"message-id": message_id.strip("<>"), "event": "accepted", "limit": "1"}
        path = f"/v3/{self._domain}/events"
        answer = await ask(self._client, "GET", path, who="Mailgun", timeout_s=self._timeout_s, params=params)
        found = answer.read(_Events) if answer.status == _OK else None
        return Accepted(f"{found.items[0].id} {found.items[0].event}") if found and found.items else None


def outcome_of(answer: Answer) -> Outcome:
    """What an answer means. A key, a domain or a plan that is refused is the mailbox's trouble, not the recipient's.

    https://documentation.mailgun.com/docs/mailgun/quickstart-guide/responses
    """
    if answer.status == _OK and (taken := answer.read(Taken)):
        return Accepted(taken.id)
    if answer.status in (_BAD_REQUEST, _TOO_LARGE):
        return Refused(answer.said)
    if 400 <= answer.status < 500:
        refused = answer.status == _UNAUTHORIZED
        return Deferred(answer.said, mailbox=True, pause="login_refused" if refused else None)
    return Unknown(answer.said)
