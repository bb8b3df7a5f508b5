"""The mail that arrived, for people as pages and for programs as JSON."""

from __future__ import annotations

from deploy.sandbox.controls import fault
from deploy.sandbox.render import page
from deploy.sandbox.state import Sandbox
from deploy.sandbox.web import Answer, Request, html_answer, json_answer

_SHOWN = 200
_MOST = 500


def inbox_page(_: Request, box: Sandbox) -> Answer:
    """GET /inbox."""
    mails = [mail.summary() for mail in box.mailbox.newest(_SHOWN)]
    return html_answer(page("inbox.html", mails=mails, count=len(box.mailbox.mails)))


def mail_page(request: Request, box: Sandbox) -> Answer:
    """GET /inbox/{id}."""
    mail = box.mailbox.get(request.path.rsplit("/", 1)[-1])
    if mail is None:
        return html_answer(page("missing.html"), status=404)
    return html_answer(page("mail.html", mail=mail.summary()))


def list_messages(request: Request, box: Sandbox) -> Answer:
    """GET /inbox/api/messages?to=&message_id=&cursor=&limit=: oldest first; the last id is a cursor for more."""
    limit = request.query("limit", "100")
    found, more = box.mailbox.list(
        to=request.query("to"),
        message_id=request.query("message_id"),
        cursor=request.query("cursor"),
        limit=min(max(int(limit), 1), _MOST) if limit.isdigit() else 100,
    )
    items = [mail.summary() for mail in found]
    cursor = found[-1].id if more and found else None
    return json_answer({"items": items, "next_cursor": cursor, "total": len(box.mailbox.mails)})


def get_message(request: Request, box: Sandbox) -> Answer:
    """GET /inbox/api/messages/{id}."""
    mail = box.mailbox.get(request.path.rsplit("/", 1)[-1])
    return json_answer(mail.summary()) if mail else fault("no such mail", status=404)


def delete_messages(_: Request, box: Sandbox) -> Answer:
    """DELETE /inbox/api/messages."""
    return json_answer({"deleted": box.forget_mail()})
