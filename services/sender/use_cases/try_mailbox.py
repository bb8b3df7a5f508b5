"""A person tries a mailbox: log in, and send one mail to an address of theirs."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from libs.common.errors import AppError
from libs.common.ids import new_id
from services.sender.clients.mailbox import MailboxDown
from services.sender.domain.addresses import normalise
from services.sender.domain.mailboxes.dkim import signed
from services.sender.domain.mailboxes.mailbox import MailboxView
from services.sender.domain.message import Letter, Sender, build, message_id_of
from services.sender.domain.sending import Accepted, Deferred, Outcome, Refused, Unknown
from services.sender.domain.templates import Rendered
from services.sender.use_cases.open_mailbox import Opened, Opener

_SUBJECT = "This mailbox works"
_TEXT = "Hello,\n\nthis mail shows that {address} can send through Corofy. There is nothing to do.\n"


@dataclass(frozen=True)
class Trial:
    """How far it came: `sent`, or where it ended; `said` is the server's own word."""

    ended_at: Literal["open", "send", "sent"]
    said: str


async def try_mailbox(view: MailboxView, opener: Opener, *, to: str, postal_address: str, now: datetime) -> Trial:
    """Nothing is kept of it: no lead, no slot. Raises Invalid (invalid_address, unsafe_header)."""
    recipient = normalise(to)
    try:
        opened = await opener.open(view)
        await opened.mailbox.open()
    except MailboxDown as error:
        return Trial("open", error.message)
    except AppError as error:
        return Trial("open", error.message)
    try:
        outcome = await opened.mailbox.send(
            _letter(view, opened, to=recipient, postal_address=postal_address, now=now), may_call=lambda: True
        )
    finally:
        await opened.mailbox.close()
    return Trial("sent" if isinstance(outcome, Accepted) else "send", _words(outcome))


def _letter(view: MailboxView, opened: Opened, *, to: str, postal_address: str, now: datetime) -> Letter:
    email_id = new_id()
    sender = sender_of(view, postal_address=postal_address)
    letter = build(
        Rendered(_SUBJECT, _TEXT.format(address=view.address), None),
        sender=sender,
        to=to,
        message_id=message_id_of(email_id, domain=view.domain),
        email_id=email_id,
        now=now,
    )
    if opened.signer is None:
        return letter
    content = signed(letter.content, opened.signer, now=now)
    return Letter(letter.envelope_from, letter.envelope_to, letter.message_id, content)


def sender_of(view: MailboxView, *, postal_address: str, unsubscribe_address: str = "") -> Sender:
    """Who writes through a mailbox."""
    return Sender(
        view.name or view.address,
        view.address,
        postal_address,
        unsubscribe_address or view.reply_to or view.address,
        view.reply_to or "",
    )


def _words(outcome: Outcome) -> str:
    match outcome:
        case Accepted(reply) | Refused(reply) | Deferred(reply):
            return reply
        case Unknown(reply):
            return f"no answer came, so nobody knows whether it was taken: {reply}"
        case _:
            return "it was not tried"
