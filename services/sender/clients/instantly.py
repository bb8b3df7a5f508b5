"""Instantly (api.instantly.ai/api/v2): it schedules for itself, so leads are handed over with their finished mail in variables.

A lead that is in the campaign already is skipped, so handing it over twice changes nothing.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP
from html import escape
from typing import Any, Final

from libs.common import metrics
from services.sender.clients.http_call import Answer, HttpCall, PathId, Shape, Taken, ask_whole, client_of, understood
from services.sender.clients.mailbox import Capabilities, MailboxDown, Proof
from services.sender.domain.hand_over import BODY, SUBJECT
from services.sender.domain.message import Letter
from services.sender.domain.sending import Accepted, Deferred, Outcome, Refused, Unknown

BASE_URL: Final = "https://api.instantly.ai"
_OK, _BAD_REQUEST, _UNAUTHORIZED = 200, 400, 401
_LEADS_A_PAGE, _MOST_PAGES = 100, 20


@dataclass(frozen=True, slots=True)
class HandOver:
    """A campaign as Instantly is to keep it. `schedule` is of `schedule_of`; `accounts` are its mailboxes."""

    name: str
    schedule: Mapping[str, Any]
    daily_limit: int
    accounts: Sequence[str]

    @property
    def as_json(self) -> dict[str, Any]:
        """The whole mail stands in the lead's variables: one step, nothing of Instantly's own, stopped by an answer."""
        variant = {"subject": f"{{{{{SUBJECT}}}}}", "body": f"{{{{{BODY}}}}}"}
        return {
            "name": self.name,
            "campaign_schedule": self.schedule,
            "daily_limit": self.daily_limit,
            "email_list": list(self.accounts),
            "sequences": [{"steps": [{"type": "email", "delay": 0, "variants": [variant]}]}],
            "stop_on_reply": True,
            "open_tracking": False,
            "link_tracking": False,
        }


class _Account(Shape):
    email: str


class _Accounts(Shape):
    items: list[_Account]


class _Campaign(Shape):
    id: PathId


class _Lead(Shape):
    id: PathId
    email: str | None = None


class _Leads(Shape):
    items: list[_Lead]
    next_starting_after: str | None = None


class Instantly:
    """One client, for one task at a time. What a person waits for raises MailboxDown; a hand-over has an outcome."""

    def __init__(
        self, key: str, *, provider_timeout_s: float, connect_timeout_s: float, base_url: str = BASE_URL
    ) -> None:
        self._timeout_s = provider_timeout_s
        self._client = client_of(
            f"{base_url}/api/v2",
            bearer=key,
            provider_timeout_s=provider_timeout_s,
            connect_timeout_s=connect_timeout_s,
        )

    @property
    def capabilities(self) -> Capabilities:
        """It sends when it thinks best, and a lead once."""
        return Capabilities(idempotency=True, webhooks=True, hand_over=True)

    async def close(self) -> None:
        """Close the connection."""
        await self._client.aclose()

    async def prove(self) -> Proof:
        """Whether the key is a good one, and the first hundred mailboxes that are connected there. Raises MailboxDown."""
        answer = await self._answer("GET", "/accounts", params={"limit": "100"})
        found = understood(answer, _Accounts, who="Instantly")
        return Proof(answer.sandboxed, tuple(one.email for one in found.items))

    async def make_campaign(self, wish: HandOver) -> str:
        """A campaign of theirs for one of ours, not yet active; its id. Raises MailboxDown."""
        answer = await self._answer("POST", "/campaigns", json=wish.as_json)
        return understood(answer, _Campaign, who="Instantly").id

    async def change_campaign(self, campaign: str, wish: HandOver) -> None:
        """Put another window or cap into it. Raises MailboxDown."""
        await self._answer("PATCH", f"/campaigns/{campaign}", json=wish.as_json)

    async def set_active(self, campaign: str, *, active: bool) -> None:
        """Let it send, or not. Raises MailboxDown."""
        await self._answer("POST", f"/campaigns/{campaign}/{'activate' if active else 'pause'}")

    async def hand_over(self, letter: Letter, *, campaign: str, may_call: Callable[[], bool]) -> Outcome:
        """One lead with its finished mail, into a campaign of theirs."""
        body = {
            "campaign": campaign,
            "email": letter.envelope_to,
            "skip_if_in_campaign": True,
            "custom_variables": variables_of(letter),
        }
        call = HttpCall(self._client, may_call=may_call, timeout_s=self._timeout_s)
        with metrics.PROVIDER_SECONDS.labels("instantly").time():
            answer = await call.run("/leads", json=body)
        outcome = outcome_of(answer) if isinstance(answer, Answer) else answer
        metrics.PROVIDER_CALLS.labels("instantly", type(outcome).__name__.lower()).inc()
        return outcome

    async def take_back(self, address: str, *, campaign: str) -> bool:
        """Take a lead out again, so that what has not left does not leave. False: they are not there. Raises MailboxDown."""
        mine = [one async for one in self._leads(campaign, search=address) if one.email == address]
        for one in mine:
            await self._answer("DELETE", f"/leads/{one.id}")
        return bool(mine)

    async def _leads(self, campaign: str, *, search: str) -> AsyncIterator[_Lead]:
        """All that its search finds, which looks for parts of names and addresses. Raises MailboxDown."""
        asked: dict[str, Any] = {"campaign": campaign, "search": search, "limit": _LEADS_A_PAGE}
        for _ in range(_MOST_PAGES):
            page = understood(await self._answer("POST", "/leads/list", json=asked), _Leads, who="Instantly")
            for one in page.items:
                yield one
            if not page.next_starting_after:
                return
            asked["starting_after"] = page.next_starting_after
        raise MailboxDown(f"Instantly: it finds more than {_MOST_PAGES * _LEADS_A_PAGE} leads for one address")

    async def _answer(self, method: str, path: str, **content: Any) -> Answer:
        return await ask_whole(self._client, method, path, who="Instantly", timeout_s=self._timeout_s, **content)


def variables_of(letter: Letter) -> dict[str, str]:
    """Subject and HTML body of a finished mail; a mail of text alone keeps its lines."""
    mail = BytesParser(policy=SMTP).parsebytes(letter.content)
    part = mail.get_body(("html", "plain"))
    assert isinstance(part, EmailMessage), "a letter has a body"
    body = str(part.get_content()).strip()
    html = body if part.get_content_type() == "text/html" else escape(body).replace("\n", "<br>\n")
    return {SUBJECT: str(mail["Subject"]), BODY: html}


def outcome_of(answer: Answer) -> Outcome:
    """What an answer means. A campaign that is gone, a key or a plan that is refused is the mailbox's trouble."""
    if answer.status == _OK and (taken := answer.read(Taken)):
        return Accepted(taken.id)
    if answer.status == _BAD_REQUEST:
        return Refused(answer.said)
    if _BAD_REQUEST < answer.status < 500:
        refused = answer.status == _UNAUTHORIZED
        return Deferred(answer.said, mailbox=True, pause="login_refused" if refused else None)
    return Unknown(answer.said)
