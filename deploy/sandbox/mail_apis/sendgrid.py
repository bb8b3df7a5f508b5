"""SendGrid's Mail Send and Email Activity (api.sendgrid.com/v3), as its reference describes them."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from deploy.sandbox.gate import Verdict
from deploy.sandbox.mail_apis.accepted import Accepted
from deploy.sandbox.state import Sandbox
from deploy.sandbox.web import Answer, BadBodyError, Header, Request, json_answer

_HELP = "http://sendgrid.com/docs/API_Reference/Web_API_v3/Mail/errors.html"
_MOST_PERSONALIZATIONS = 1000
_MOST_MESSAGES = 1000
_RESERVED = frozenset(
    {
        *("x-sg-id", "x-sg-eid", "received", "dkim-signature", "content-type", "content-transfer-encoding"),
        *("to", "from", "subject", "reply-to", "cc", "bcc"),
    }
)
_CONDITION = re.compile(r"""(\w+|\(?unique_args\['[^']+'\])\s*(=|LIKE)\s*"([^"]*)"\)?""")
_SENDER = (
    "The from address does not match a verified Sender Identity. Mail cannot be sent until this error is resolved."
    " Visit https://sendgrid.com/docs/for-developers/sending-email/sender-identity/ to see the Sender Identity requirements"
)


class _WrongFieldError(ValueError):
    def __init__(self, message: str, field: str) -> None:
        super().__init__(message)
        self.field = field


def send(request: Request, box: Sandbox, _: Verdict) -> Answer:
    """POST /v3/mail/send: 202 and an X-Message-Id, each personalization in the inbox as a mail of its own."""
    try:
        body = request.json()
        mails = [_mail(body, one) for one in _personalizations(body)]
    except BadBodyError:
        return _errors("Bad Request", status=400)
    except _WrongFieldError as error:
        return _errors(str(error), status=400, field=error.field, help_=f"{_HELP}#message.{error.field}")
    sender = str(body["from"]["email"])
    if sender in box.dials.sendgrid.unverified_senders:
        return _errors(_SENDER, status=403, field="from")
    id_ = secrets.token_urlsafe(16)
    for mail, recipients, arguments in mails:
        kept = box.mailbox.add(envelope_from=sender, envelope_to=recipients, raw=mail.as_bytes())
        for number, recipient in enumerate(recipients):
            key = f"{id_}.recvd-sandbox-{number}"
            box.sendgrid.add(Accepted(key, kept.message_id, sender, recipient, str(mail["Subject"]), arguments))
    headers = ((b"x-message-id", id_.encode()),)
    return Answer(status=202, body=b"", headers=headers, note=", ".join(to for one in mails for to in one[1]))


def messages(request: Request, box: Sandbox, _: Verdict) -> Answer:
    """GET /v3/messages?query=&limit=: what was taken, newest first, by conditions joined with AND."""
    if box.dials.sendgrid.no_activity:
        return _errors("access forbidden", status=403)
    query = request.query("query")
    conditions = [(name.lstrip("("), how, value) for name, how, value in _CONDITION.findall(query)]
    limit = request.query("limit", "10")
    if not conditions or not limit.isdigit() or not 1 <= int(limit) <= _MOST_MESSAGES:
        return _errors("invalid query" if not conditions else "limit must be between 1 and 1000", status=400)
    found = [_shown(mail) for mail in box.sendgrid.newest() if all(_holds(mail, *one) for one in conditions)]
    return json_answer({"messages": found[: int(limit)]}, note=query)


def scopes(_: Request, box: Sandbox, __: Verdict) -> Answer:
    """GET /v3/scopes: what the key may do."""
    more = [] if box.dials.sendgrid.no_activity else ["messages.read"]
    return json_answer({"scopes": ["mail.send", *more]})


class SendGridVoice:
    """Every refusal is a list of errors, each with a message, a field and a link."""

    def unauthorized(self) -> Answer:
        """401."""
        return _errors("The provided authorization grant is invalid, expired, or revoked", status=401)

    def limited(self, verdict: Verdict, *, limit: int, body: bytes) -> Answer:
        """429 with when it is over, in seconds since 1970."""
        del body
        resets = int(datetime.now(UTC).timestamp() + verdict.wait_s) + 1
        headers: tuple[Header, ...] = (
            (b"x-ratelimit-limit", b"%d" % limit),
            (b"x-ratelimit-remaining", b"0"),
            (b"x-ratelimit-reset", b"%d" % resets),
        )
        return _errors("too many requests", status=429, headers=headers)

    def exhausted(self, verdict: Verdict, *, body: bytes) -> Answer:
        """The plan's mails are used up."""
        del verdict, body
        return _errors("Maximum credits exceeded", status=401)

    def failure(self, status: int) -> Answer:
        """Any other status."""
        return _errors("Internal Server Error" if status >= 500 else "Bad Request", status=status)


def _errors(
    message: str, *, status: int, field: str | None = None, help_: str | None = None, headers: tuple[Header, ...] = ()
) -> Answer:
    body = {"errors": [{"message": message, "field": field, "help": help_}]}
    return json_answer(body, status=status, headers=headers, note=message)


def _personalizations(body: dict[str, Any]) -> list[dict[str, Any]]:
    found = body.get("personalizations")
    if not isinstance(found, list) or not found or not all(isinstance(one, dict) for one in found):
        raise _WrongFieldError(
            "The personalizations field is required and must have at least one personalization.", "personalizations"
        )
    if len(found) > _MOST_PERSONALIZATIONS:
        raise _WrongFieldError(
            f"The personalization block is limited to 1000 personalizations per API request. You have provided"
            f" {len(found)} personalizations. Please consider splitting this into multiple requests and resending your"
            " request.",
            "personalizations",
        )
    return found


def _mail(body: dict[str, Any], one: dict[str, Any]) -> tuple[EmailMessage, tuple[str, ...], Mapping[str, str]]:
    to = [_address(entry, "personalizations.0.to.0.email") for entry in one.get("to") or []]
    if not to:
        raise _WrongFieldError("The to array is required for all personalization objects, and must have at least one"
                               " email object with a valid email address.", "personalizations.0.to")  # fmt: skip
    subject = str(one.get("subject") or body.get("subject") or "")
    if not subject:
        raise _WrongFieldError(
            "The subject is required. You can get around this requirement if you use a template with a subject defined or"
            " if every personalization has a subject defined.",
            "subject",
        )
    mail = EmailMessage(policy=SMTP)
    mail["From"] = _address(body.get("from"), "from.email")
    mail["To"] = to
    mail["Subject"] = subject
    if body.get("reply_to"):
        mail["Reply-To"] = _address(body["reply_to"], "reply_to.email")
    for name, value in {**(body.get("headers") or {}), **(one.get("headers") or {})}.items():
        if name.lower() in _RESERVED:
            raise _WrongFieldError(f"The header {name} is reserved and cannot be used.", "headers")
        mail[name] = str(value)
    if "Message-ID" not in mail:
        mail["Message-ID"] = f"<{secrets.token_urlsafe(16)}@geopod-ismtpd-sandbox>"
    _put_content(mail, body.get("content"))
    arguments = {**(body.get("custom_args") or {}), **(one.get("custom_args") or {})}
    return mail, tuple(entry.addr_spec for entry in to), {name: str(value) for name, value in arguments.items()}


def _put_content(mail: EmailMessage, content: Any) -> None:
    if not isinstance(content, list) or not content:
        raise _WrongFieldError("Unless a valid template_id is provided, the content parameter is required.", "content")
    kinds = [str(part.get("type")) for part in content]
    if kinds not in (["text/plain"], ["text/html"], ["text/plain", "text/html"]):
        raise _WrongFieldError(
            "If present, text/plain and text/html may only be provided once, in this order.", "content"
        )
    for part in content:
        if not part.get("value"):
            raise _WrongFieldError(
                "The content value must be a string at least one character in length.", "content.0.value"
            )
    mail.set_content(str(content[0]["value"]), subtype=kinds[0].removeprefix("text/"))
    if len(content) > 1:
        mail.add_alternative(str(content[1]["value"]), subtype="html")


def _address(entry: Any, field: str) -> Address:
    email = entry.get("email") if isinstance(entry, dict) else None
    try:
        return Address(str(entry.get("name") or ""), addr_spec=str(email))
    except (AttributeError, ValueError, IndexError) as error:
        raise _WrongFieldError("Does not contain a valid address.", field) from error


def _holds(mail: Accepted, name: str, how: str, value: str) -> bool:
    if name.startswith("unique_args"):
        return mail.arguments.get(name.split("'")[1]) == value
    present = {"msg_id": mail.id, "to_email": mail.recipient, "from_email": mail.sender, "subject": mail.subject}
    told = {**present, "status": "delivered"}.get(name, "")
    return told.startswith(value.rstrip("%")) if how == "LIKE" else told == value


def _shown(mail: Accepted) -> dict[str, Any]:
    return {
        "from_email": mail.sender,
        "msg_id": mail.id,
        "subject": mail.subject,
        "to_email": mail.recipient,
        "status": "delivered",
        "opens_count": 0,
        "clicks_count": 0,
        "last_event_time": datetime.fromtimestamp(mail.at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
