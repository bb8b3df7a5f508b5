"""A person tries a mailbox: log in, and send one mail to an address of theirs."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from libs.common.errors import AppError
from libs.common.ids import new_id
from services.sender.clients.mailbox import Provable
from services.sender.domain.addresses import normalise
from services.sender.domain.mailboxes.account import HAND_OVER_NOTE
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
    """How far it came: `sent`, or where it ended; `said` is the server's own word.

    `let_in` is as far as it goes with a provider that schedules by itself.
    """

    ended_at: Literal["open", "let_in", "send", "sent"]
    said: str


async def try_mailbox(view: MailboxView, opener: Opener, *, to: str, postal_address: str, now: datetime) -> Trial:
    """Nothing is kept of it: no lead, no slot. Raises Invalid (invalid_address, unsafe_header)."""
    recipient = normalise(to)
    try:
        opened = await opener.open(view)
    except AppError as error:
        return Trial("open", error.message)
    try:
        return await _try(view, opened, to=recipient, postal_address=postal_address, now=now)
    finally:
        await opened.mailbox.close()


async def _try(view: MailboxView, opened: Opened, *, to: str, postal_address: str, now: datetime) -> Trial:
    try:
        await opened.mailbox.open()
        if isinstance(opened.mailbox, Provable):
            await opened.mailbox.prove()
    except AppError as error:
        return Trial("open", error.message)
    if opened.mailbox.capabilities.hand_over:
        return Trial("let_in", HAND_OVER_NOTE)
    letter = _letter(view, opened, to=to, postal_address=postal_address, now=now)
    outcome = await opened.mailbox.send(letter, may_call=lambda: True)
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
    return replace(letter, content=content)


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
