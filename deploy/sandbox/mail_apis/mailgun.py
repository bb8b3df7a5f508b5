"""Mailgun's messages and events (api.mailgun.net/v3), as its reference describes them."""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from datetime import UTC, datetime
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP, default
from email.utils import getaddresses
from typing import Any

from deploy.sandbox.gate import Verdict
from deploy.sandbox.mail_apis.accepted import Accepted
from deploy.sandbox.mail_apis.forms import form_of
from deploy.sandbox.serve import Endpoint
from deploy.sandbox.state import Sandbox
from deploy.sandbox.web import Answer, BadBodyError, Header, Request, json_answer

MOUNT = "/mailgun"
_PATH = re.compile(r"/mailgun/v3/(?P<domain>[^/]+)/(?P<what>messages|messages\.mime|events)")
_MOST_EVENTS = 300


def key_of(request: Request) -> bytes:
    """The key of `Authorization: Basic` (user `api`), or nothing."""
    scheme, _, encoded = request.header(b"authorization").partition(b" ")
    if scheme.lower() != b"basic":
        return b""
    try:
        user, _, key = base64.b64decode(encoded, validate=True).partition(b":")
    except binascii.Error:
        return b""
    return key if user == b"api" else b""


def endpoint_of(request: Request) -> Endpoint | None:
    """The endpoint of a path with a domain in it."""
    found = _PATH.fullmatch(request.path)
    if found is None:
        return None
    answers = {("POST", "messages"): _send, ("POST", "messages.mime"): _send_mime, ("GET", "events"): _events}
    answer = answers.get((request.method, found["what"]))
    return Endpoint("mailgun", found["what"], answer, MailgunVoice(), key_of) if answer else None


def _send(request: Request, box: Sandbox, _: Verdict) -> Answer:
    """POST /v3/{domain}/messages: the parts of a mail."""
    form = _form(request, box)
    if isinstance(form, Answer):
        return form
    mail = EmailMessage(policy=SMTP)
    for name in ("from", "to", "subject"):
        if not form.get(name):
            return _told(f"{name} parameter is missing", status=400)
        mail[name.title()] = form[name][0].decode("utf-8", "replace")
    for name, values in form.items():
        if name.startswith("h:"):
            del mail[name[2:]]
            mail[name[2:]] = values[0].decode("utf-8", "replace")
    text, html = form.get("text"), form.get("html")
    if not text and not html:
        return _told("Need at least one of 'text', 'html', 'amp-html' or 'template' parameters specified", status=400)
    if text:
        mail.set_content(text[0].decode("utf-8", "replace"))
    if html and text:
        mail.add_alternative(html[0].decode("utf-8", "replace"), subtype="html")
    elif html:
        mail.set_content(html[0].decode("utf-8", "replace"), subtype="html")
    return _take(form, mail.as_bytes(), box, domain=_domain(request))


def _send_mime(request: Request, box: Sandbox, _: Verdict) -> Answer:
    """POST /v3/{domain}/messages.mime: a finished mail."""
    form = _form(request, box)
    if isinstance(form, Answer):
        return form
    if not form.get("message"):
        return _told("message parameter is missing", status=400)
    return _take(form, form["message"][0], box, domain=_domain(request))


def _events(request: Request, box: Sandbox, _: Verdict) -> Answer:
    """GET /v3/{domain}/events?message-id=&recipient=&event=&limit=: newest first."""
    if refused := _unknown(request, box):
        return refused
    wanted, recipient = request.query("message-id").strip("<>"), request.query("recipient")
    if "accepted" not in request.query("event", "accepted").split(" OR "):
        return json_answer({"items": [], "paging": {}})
    domain = _domain(request)
    found = [
        _event(mail)
        for mail in box.mailgun.newest()
        if mail.arguments["domain"] == domain
        and (not wanted or mail.message_id == wanted)
        and (not recipient or mail.recipient == recipient)
    ]
    return json_answer({"items": found[:_MOST_EVENTS], "paging": {}}, note=wanted)


class MailgunVoice:
    """Every refusal is a message; a wrong key is answered in plain text."""

    def unauthorized(self) -> Answer:
        """401 in plain text."""
        plain: tuple[Header, ...] = ((b"content-type", b"text/plain; charset=utf-8"),)
        return Answer(status=401, body=b"Forbidden", headers=plain)

    def limited(self, verdict: Verdict, *, limit: int, body: bytes) -> Answer:
        """429 with the seconds to wait."""
        del limit, body
        headers: tuple[Header, ...] = ((b"retry-after", b"%d" % max(1, round(verdict.wait_s + 0.5))),)
        return _told("Too many requests", status=429, headers=headers)

    def exhausted(self, verdict: Verdict, *, body: bytes) -> Answer:
        """The plan's mails are used up."""
        del verdict, body
        return _told(
            "Domain sandbox.example is not allowed to send: you have exceeded your plan's message limit", status=403
        )

    def failure(self, status: int) -> Answer:
        """Any other status."""
        return _told("Internal Server Error" if status >= 500 else "Bad request", status=status)


def _form(request: Request, box: Sandbox) -> dict[str, list[bytes]] | Answer:
    if refused := _unknown(request, box):
        return refused
    try:
        form = form_of(request)
    except BadBodyError:
        return _told("Bad request", status=400)
    if not form.get("to"):
        return _told("to parameter is missing", status=400)
    return form


def _take(form: dict[str, list[bytes]], raw: bytes, box: Sandbox, *, domain: str) -> Answer:
    told = [value.decode("utf-8", "replace") for value in form["to"]]
    recipients = tuple(address for _, address in getaddresses(told))
    if not recipients or not all("@" in address for address in recipients):
        return _told("'to' parameter is not a valid address. please check documentation", status=400)
    mail = BytesParser(policy=default).parsebytes(raw, headersonly=True)
    if not mail["From"]:
        return _told("'from' parameter is not a valid address. please check documentation", status=400)
    if not mail["Message-ID"]:
        raw = f"Message-ID: <{secrets.token_hex(10)}@{domain}>\r\n".encode() + raw
    sender = mail["From"].addresses[0].addr_spec if mail["From"].addresses else ""
    kept = box.mailbox.add(envelope_from=sender, envelope_to=recipients, raw=raw)
    for recipient in recipients:
        subject = str(mail["Subject"] or "")
        box.mailgun.add(
            Accepted(secrets.token_urlsafe(12), kept.message_id, sender, recipient, subject, {"domain": domain})
        )
    return json_answer({"id": f"<{kept.message_id}>", "message": "Queued. Thank you."}, note=", ".join(recipients))


def _unknown(request: Request, box: Sandbox) -> Answer | None:
    domain = _domain(request)
    return _told(f"Domain not found: {domain}", status=404) if domain in box.dials.mailgun.unknown_domains else None


def _domain(request: Request) -> str:
    return request.path.removeprefix(f"{MOUNT}/v3/").partition("/")[0]


def _told(message: str, *, status: int, headers: tuple[Header, ...] = ()) -> Answer:
    return json_answer({"message": message}, status=status, headers=headers, note=message)


def _event(mail: Accepted) -> dict[str, Any]:
    return {
        "event": "accepted",
        "id": mail.id,
        "timestamp": mail.at,
        "recipient": mail.recipient,
        "recipient-domain": mail.recipient.rpartition("@")[2],
        "method": "HTTP",
        "log-level": "info",
        "envelope": {"sender": mail.sender, "targets": mail.recipient, "transport": "smtp"},
        "message": {
            "headers": {
                "message-id": mail.message_id,
                "from": mail.sender,
                "to": mail.recipient,
                "subject": mail.subject,
            },
            "size": 0,
        },
        "tags": [],
        "user-variables": {},
        "@timestamp": datetime.fromtimestamp(mail.at, UTC).isoformat(),
    }
