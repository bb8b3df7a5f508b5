"""The mail on the wire: headers that data cannot break out of, a text part and an HTML part.

Python's email package writes an encoded word such as `=?UTF-8?Q?=0A?=Bcc:` as a real header line (3.11.7), so every
value is checked raw and decoded, and the finished bytes are read again and compared with what was meant.
"""

import email.errors
import email.header
import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.utils import format_datetime, parseaddr
from urllib.parse import quote
from uuid import UUID

from libs.common.errors import Invalid
from services.sender.domain.templates import Rendered
from services.sender.domain.wire import POLICY, alternatives, header_line, is_plain, text_part

_LINE_ENDS = frozenset("\r\n\0\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029")
HEADERS = (
    "From", "Reply-To", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "List-Unsubscribe",
    "List-Unsubscribe-Post", "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
)  # fmt: skip
_PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
"""An address that stands in a header as it is (RFC 5322, dot-atom), whatever else is allowed in one."""
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f-\xff]")
"""Where a reader may see the end of a line, besides CRLF; and a header has ASCII alone."""
_MESSAGE_ID = re.compile(r"<[\x21-\x3b\x3d\x3f-\x7e]{3,250}>")


@dataclass(frozen=True)
class Sender:
    """Who writes: the From header, the envelope's address, and what the default template says at its foot.

    Answers go to `reply_to`, where there is one.
    """

    name: str
    address: str
    postal_address: str
    unsubscribe_address: str
    reply_to: str = ""

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


@dataclass(frozen=True)
class Letter:
    """A finished mail with its envelope: exactly one recipient, named explicitly.

    `campaign_id` is for providers that keep campaigns of their own; None for a mail that is of none.
    """

    envelope_from: str
    envelope_to: str
    message_id: str
    content: bytes
    campaign_id: UUID | None = None


def sender_from(mail_from: str, *, postal_address: str, unsubscribe_address: str = "") -> Sender:
    """The sender of a `Name <address>` setting."""
    name, address = parseaddr(mail_from)
    return Sender(name or address, address, postal_address, unsubscribe_address or address)


def message_id_of(email_id: UUID, *, domain: str) -> str:
    """The Message-ID of an email row: the same however often it is built."""
    return f"<{email_id.hex}@{domain}>"


def safe_header(name: str, value: str) -> str:
    """The value, when neither it nor what its encoded words say can end a line. Raises Invalid."""
    # Most values hold nothing that could: reading them as a header would cost ten times as much as all else here.
    if is_plain(value):
        return value
    try:
        parts = email.header.decode_header(value)
        decoded = "".join(p.decode(c or "latin-1") if isinstance(p, bytes) else p for p, c in parts)
        parsed = str(POLICY.header_factory(name, value)) if _is_clean(value) else ""
    except (LookupError, ValueError, IndexError, email.errors.MessageError) as error:
        raise Invalid(f"the {name} header cannot be read: {error}", code="unsafe_header") from error
    if not (_is_clean(value) and _is_clean(decoded) and _is_clean(parsed)):
        raise Invalid(f"the {name} header would contain a line break or NUL: {value!r}", code="unsafe_header")
    return value


def to_header(address: str) -> str:
    """Whom a mail is for, as a header says it. Raises Invalid (`unsafe_header`), also where a reader would see an encoded word
    in the address."""
    return address if _PLAIN_ADDRESS.fullmatch(address) else _person("To", "", address)


def _person(header: str, name: str, address: str) -> str:
    try:
        return str(Address(safe_header(header, name), addr_spec=safe_header(header, address)))
    except (ValueError, IndexError, email.errors.MessageError) as error:
        raise Invalid(f"the {header} header cannot name {address!r}: {error}", code="unsafe_header") from error


def _is_clean(value: str) -> bool:
    return not _LINE_ENDS.intersection(value)


def build(
    rendered: Rendered,
    *,
    sender: Sender,
    to: str,
    message_id: str,
    email_id: UUID,
    now: datetime,
    list_unsubscribe: str = "",
    thread: Sequence[str] = (),
) -> Letter:
    """One mail to one recipient. Raises Invalid (`unsafe_header`) when data would break out of a header.

    `list_unsubscribe` is the header's value, by default the sender's address to write to; with a link in it, one click is
    offered (RFC 8058). `thread` are the Message-IDs of the mails it goes on from, the oldest first (RFC 5322, 3.6.4).
    """
    head = {"From": _mailbox("From", sender.name, sender.address)}
    if sender.reply_to:
        head["Reply-To"] = _mailbox("Reply-To", "", sender.reply_to)
    head["To"] = to_header(to)
    head["Subject"] = safe_header("Subject", rendered.subject)
    head["Date"] = _date(now)
    head["Message-ID"] = safe_header("Message-ID", message_id)
    if thread:
        head["In-Reply-To"] = _ids(thread[-1:])
        head["References"] = _ids(thread)
    unsubscribe = list_unsubscribe or by_mail(sender, email_id)
    head["List-Unsubscribe"] = safe_header("List-Unsubscribe", unsubscribe)
    if "<http" in unsubscribe:
        head["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    head["MIME-Version"] = "1.0"
    body = text_part(rendered.text, subtype="plain")
    if rendered.html:
        html = text_part(rendered.html, subtype="html")
        body = alternatives([body, html], boundary=f"=_{email_id.hex}")
    content = b"".join(header_line(name, value) for name, value in head.items()) + body
    check_wire(content)
    return Letter(sender.address, to, message_id, content)


@functools.lru_cache(maxsize=1000)
def _mailbox(header: str, name: str, address: str) -> str:
    """The same for all mails of a mailbox: the email package takes as long for it as all else for a mail."""
    return _person(header, name, address)


@functools.lru_cache(maxsize=16)
def _date(now: datetime) -> str:
    """The same for all that is begun together."""
    return format_datetime(now)


def by_mail(sender: Sender, email_id: UUID) -> str:
    """The way to unsubscribe by writing a mail, as List-Unsubscribe says it (RFC 2369)."""
    return f"<mailto:{quote(sender.unsubscribe_address, safe='@')}?subject=unsubscribe%20{email_id.hex}>"


def _ids(message_ids: Sequence[str]) -> str:
    """The value of a header that names mails. Raises Invalid."""
    wrong = [one for one in message_ids if not _MESSAGE_ID.fullmatch(one)]
    if wrong:
        raise Invalid(f"{wrong[0][:100]!r} is no Message-ID", code="unsafe_header")
    return " ".join(message_ids)


def check_wire(content: bytes) -> None:
    """Refuse finished bytes that carry other headers than ours, or one of them twice. Raises Invalid `unsafe_header`."""
    # No reader takes the header to go on behind the first of these.
    head = content.partition(b"\r\n\r\n")[0]
    lines = head.split(b"\r\n")
    names = [line.partition(b":")[0].decode("latin-1") for line in lines if not line.startswith((b" ", b"\t"))]
    if any(map(_CONTROL.search, lines)):
        raise Invalid("the mail's header would contain a control character", code="unsafe_header")
    if len(set(names)) != len(names) or not set(names) <= set(HEADERS):
        raise Invalid(f"the mail would carry the headers {', '.join(names)}", code="unsafe_header")
