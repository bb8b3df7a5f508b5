"""Where the sandbox takes the requests of the mail providers."""

from __future__ import annotations

from deploy.sandbox.mail_apis import instantly, mailgun, sendgrid
from deploy.sandbox.serve import Endpoint
from deploy.sandbox.web import Request, bearer

_SENDGRID = sendgrid.SendGridVoice()
_PLAIN: dict[tuple[str, str], Endpoint] = {
    ("POST", "/sendgrid/v3/mail/send"): Endpoint("sendgrid", "mail/send", sendgrid.send, _SENDGRID, bearer),
    ("GET", "/sendgrid/v3/messages"): Endpoint("sendgrid", "messages", sendgrid.messages, _SENDGRID, bearer),
    ("GET", "/sendgrid/v3/scopes"): Endpoint("sendgrid", "scopes", sendgrid.scopes, _SENDGRID, bearer),
}


def endpoint_of(request: Request) -> Endpoint | None:
    """The endpoint of a mail provider for a request, if it is one's."""
    if request.path.startswith(mailgun.MOUNT):
        return mailgun.endpoint_of(request)
    if request.path.startswith(instantly.MOUNT):
        return instantly.endpoint_of(request)
    return _PLAIN.get((request.method, request.path))
