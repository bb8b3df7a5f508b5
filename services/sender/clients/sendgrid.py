"""SendGrid's Mail Send (api.sendgrid.com/v3): a mail's parts as JSON, looked up again in the Email Activity where that is paid
for. It has no idempotency keys: what is unknown is not sent again by itself."""

from collections.abc import Callable
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP
from typing import Any, Final

from libs.common import metrics
from services.sender.clients.http_call import Answer, HttpCall, Id, Shape, ask, ask_whole, client_of, understood
from services.sender.clients.mailbox import Capabilities, MailboxDown, Proof
from services.sender.clients.words import storable
from services.sender.domain.message import Letter
from services.sender.domain.sending import Accepted, Deferred, Outcome, Refused, Unknown

BASE_URL: Final = "https://api.sendgrid.com"
_OWN_FIELDS: Final = frozenset({"from", "reply-to", "to", "subject", "date", "mime-version"})
"""Given as fields, or made by SendGrid: they are refused among the headers."""
_OK, _ACCEPTED, _BAD_REQUEST, _UNAUTHORIZED, _TOO_LARGE = 200, 202, 400, 401, 413
_SCOPE: Final = "mail.send"
_USED_UP: Final = "credits exceeded"
"""A plan without mails left is answered like a key that is refused."""
_ASKED: Final = "corofy_message_id"


class _Scopes(Shape):
    scopes: list[str]


class _Message(Shape):
    msg_id: Id
    status: Id


class _Activity(Shape):
    messages: list[_Message]


class SendGridMailbox:
    """One client, for one task at a time."""

    def __init__(
        self, key: str, *, provider_timeout_s: float, connect_timeout_s: float, base_url: str = BASE_URL
    ) -> None:
        self._timeout_s = provider_timeout_s
        self._client = client_of(
            base_url,
            bearer=key,
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
        """Whether the key is one that may send. Raises MailboxDown."""
        answer = await ask_whole(self._client, "GET", "/v3/scopes", who="SendGrid", timeout_s=self._timeout_s)
        if _SCOPE not in understood(answer, _Scopes, who="SendGrid").scopes:
            msg = f"SendGrid: the key is a good one and may not send: give it the scope {_SCOPE}"
            raise MailboxDown(msg, pause="login_refused")
        return Proof(answer.sandboxed)

    async def send(self, letter: Letter, *, may_call: Callable[[], bool]) -> Outcome:
        """One mail to its one recipient."""
        call = HttpCall(self._client, may_call=may_call, timeout_s=self._timeout_s)
        with metrics.PROVIDER_SECONDS.labels("sendgrid").time():
            answer = await call.run("/v3/mail/send", json=body_of(letter))
        outcome = outcome_of(answer) if isinstance(answer, Answer) else answer
        metrics.PROVIDER_CALLS.labels("sendgrid", type(outcome).__name__.lower()).inc()
        return outcome

    async def lookup(self, message_id: str) -> Accepted | None:
        """What the activity says of a mail. It lags by minutes, and is an add-on of the plan."""
        params = {"query": f"(unique_args['{_ASKED}']=\"{message_id}\")", "limit": "1"}
        answer = await ask(
            self._client, "GET", "/v3/messages", who="SendGrid", timeout_s=self._timeout_s, params=params
        )
        found = answer.read(_Activity) if answer.status == _OK else None
        return Accepted(f"{found.messages[0].msg_id} {found.messages[0].status}") if found and found.messages else None


def body_of(letter: Letter) -> dict[str, Any]:
    """The finished mail as Mail Send wants it: addresses, subject, headers and parts, each once."""
    mail = BytesParser(policy=SMTP).parsebytes(letter.content)
    sender = mail["From"].addresses[0]
    body: dict[str, Any] = {
        "personalizations": [{"to": [{"email": letter.envelope_to}]}],
        "from": {"email": sender.addr_spec, "name": sender.display_name},
        "subject": str(mail["Subject"]),
        "headers": {name: str(value) for name, value in mail.items() if _is_header(name)},
        "content": [{"type": part.get_content_type(), "value": part.get_content()} for part in _parts(mail)],
        "custom_args": {_ASKED: letter.message_id},
        "tracking_settings": {"click_tracking": {"enable": False}, "open_tracking": {"enable": False}},
    }
    if mail["Reply-To"]:
        body["reply_to"] = {"email": mail["Reply-To"].addresses[0].addr_spec}
    return body


def outcome_of(answer: Answer) -> Outcome:
    """What an answer means. A key, a sender or a plan that is refused is the mailbox's trouble, not the recipient's.

    https://www.twilio.com/docs/sendgrid/api-reference/how-to-use-the-sendgrid-v3-api/responses
    """
    if answer.status == _ACCEPTED:
        return Accepted(storable(answer.headers.get("x-message-id", "")))
    if answer.status in (_BAD_REQUEST, _TOO_LARGE):
        return Refused(answer.said)
    if 400 <= answer.status < 500:
        refused = answer.status == _UNAUTHORIZED and _USED_UP not in answer.said
        return Deferred(answer.said, mailbox=True, pause="login_refused" if refused else None)
    # 5xx, and whatever else it never says of a mail: nobody can know what it had done by then.
    return Unknown(answer.said)


def _is_header(name: str) -> bool:
    return name.lower() not in _OWN_FIELDS and not name.lower().startswith("content-")


def _parts(mail: EmailMessage) -> list[EmailMessage]:
    """Plain text before HTML, as it must stand."""
    found = [mail.get_body(("plain",)), mail.get_body(("html",))]
    return [part for part in found if isinstance(part, EmailMessage)]
