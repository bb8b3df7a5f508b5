"""The mail that arrived, kept in memory within a bound and, when there is a folder, across restarts."""

from __future__ import annotations

import time
from base64 import b64decode, b64encode
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail as it came over the wire; its parts are read when somebody asks."""

    id: str
    envelope_from: str
    envelope_to: tuple[str, ...]
    received_at: str
    raw: bytes
    message_id: str

    def parsed(self) -> EmailMessage:
        """The mail taken apart."""
        message = BytesParser(policy=policy.default).parsebytes(self.raw)
        assert isinstance(message, EmailMessage)
        return message

    def summary(self) -> dict[str, Any]:
        """What a list shows."""
        message = self.parsed()
        return {
            "id": self.id,
            "envelope_from": self.envelope_from,
            "envelope_to": list(self.envelope_to),
            "received_at": self.received_at,
            "message_id": self.message_id,
            "headers": [[name, str(value)] for name, value in message.items()],
            "subject": str(message["subject"] or ""),
            "text": _body(message, "plain"),
            "html": _body(message, "html"),
            "raw": self.raw.decode("utf-8", "replace"),
        }


@dataclass(slots=True)
class Mailbox:
    """Mails by id, oldest first; ids grow, so the last one seen is a cursor."""

    folder: Path | None
    limit: int
    mails: OrderedDict[str, Mail] = field(default_factory=OrderedDict[str, Mail])

    @classmethod
    def open(cls, folder: Path | None, *, limit: int) -> Mailbox:
        """An empty mailbox, or what the folder kept of the last one."""
        box = cls(folder=folder, limit=limit)
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            for path in sorted(folder.glob("*.json")):
                box._remember(_loaded(path))
        return box

    def add(self, *, envelope_from: str, envelope_to: tuple[str, ...], raw: bytes) -> Mail:
        """Keep a mail; the oldest goes when there are too many."""
        mail = Mail(
            id=self._next_id(),
            envelope_from=envelope_from,
            envelope_to=envelope_to,
            received_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
            raw=raw,
            message_id=_message_id(raw),
        )
        if self.folder is not None:
            _store(self.folder, mail)
        self._remember(mail)
        return mail

    def get(self, mail_id: str) -> Mail | None:
        """One mail."""
        return self.mails.get(mail_id)

    def list(
        self, *, to: str = "", message_id: str = "", cursor: str = "", limit: int = 100
    ) -> tuple[list[Mail], bool]:
        """Mails after the cursor, oldest first, and whether there are more. `to` is an envelope recipient."""
        wanted = message_id.strip("<>")
        found: list[Mail] = []
        for mail in self.mails.values():
            if mail.id <= cursor or (wanted and mail.message_id != wanted):
                continue
            if to and to.casefold() not in (address.casefold() for address in mail.envelope_to):
                continue
            if len(found) == limit:
                return found, True
            found.append(mail)
        return found, False

    def newest(self, limit: int) -> list[Mail]:
        """The last mails, newest first."""
        return [mail for mail, _ in zip(reversed(self.mails.values()), range(limit), strict=False)]

    def clear(self) -> int:
        """Throw everything away and say how much it was."""
        count = len(self.mails)
        for mail in self.mails.values():
            self._forget(mail)
        self.mails.clear()
        return count

    def _next_id(self) -> str:
        last = int(next(reversed(self.mails)), 10) if self.mails else 0
        return f"{max(time.time_ns() // 1000, last + 1):017d}"

    def _remember(self, mail: Mail) -> None:
        self.mails[mail.id] = mail
        while len(self.mails) > self.limit:
            _, oldest = self.mails.popitem(last=False)
            self._forget(oldest)

    def _forget(self, mail: Mail) -> None:
        if self.folder is not None:
            (self.folder / f"{mail.id}.json").unlink(missing_ok=True)


def _store(folder: Path, mail: Mail) -> None:
    entry = {
        "id": mail.id,
        "envelope_from": mail.envelope_from,
        "envelope_to": mail.envelope_to,
        "received_at": mail.received_at,
        "raw": b64encode(mail.raw).decode(),
    }
    unfinished = folder / f"{mail.id}.new"
    unfinished.write_bytes(orjson.dumps(entry))
    unfinished.rename(folder / f"{mail.id}.json")


def _loaded(path: Path) -> Mail:
    entry = orjson.loads(path.read_bytes())
    raw = b64decode(entry["raw"])
    return Mail(
        id=entry["id"],
        envelope_from=entry["envelope_from"],
        envelope_to=tuple(entry["envelope_to"]),
        received_at=entry["received_at"],
        raw=raw,
        message_id=_message_id(raw),
    )


def _message_id(raw: bytes) -> str:
    head = raw.replace(b"\r\n", b"\n").split(b"\n\n", 1)[0].replace(b"\n ", b" ").replace(b"\n\t", b" ")
    for line in head.split(b"\n"):
        if line[:11].lower() == b"message-id:":
            return line[11:].strip().strip(b"<>").decode("utf-8", "replace")
    return ""


def _body(message: EmailMessage, kind: str) -> str | None:
    part = message.get_body(preferencelist=(kind,))
    if part is None:
        return None
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return None
    try:
        text = payload.decode(part.get_content_charset("utf-8"), "replace")
    except LookupError:
        text = payload.decode("utf-8", "replace")
    return text.replace("\r\n", "\n")
