"""The chain of an account's entries: whoever removes, adds or alters one without writing all later ones anew breaks it.

Each entry has its place in its account's chain (1, 2, …) and `sha256(hash of the place before ‖ canonical bytes)`; the hash
before place 1 is 32 zero bytes. The account keeps the length and the last hash, so that a removed end shows too.

Canonical bytes, version 1: the byte 01, then each field of `Entry` in its order as its length in bytes (4 bytes, big-endian)
and its bytes; absent is the length ffffffff alone. Ids are their 16 bytes, texts UTF-8, numbers 8 bytes (big-endian, two's
complement), instants the number of microseconds since 1970-01-01T00:00Z. Another form takes another first byte.
"""

import functools
import hashlib
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

START = bytes(32)
"""What the first entry follows."""

_VERSION = b"\x01"
_ABSENT = b"\xff\xff\xff\xff"
_OF_ID = (16).to_bytes(4, "big")
_NUMBER = struct.Struct(">Iq")
_LENGTH = struct.Struct(">I")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Entry(NamedTuple):
    """One line of a transaction, at its place. A tuple, because there are many and their columns are written together."""

    workspace_id: UUID
    place: int
    transaction_id: UUID
    line_no: int
    operation: str
    business_key: str
    account_kind: str
    grant_id: UUID | None
    amount_credits: int
    subject_kind: str | None
    subject_id: UUID | None
    actor: str
    reason: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Chain:
    """How long an account's chain is, and the hash of its last entry."""

    length: int = 0
    head: bytes = START


@dataclass(frozen=True, slots=True)
class Broken:
    """The first place at which a chain is not what it should be, and what is wrong there."""

    place: int
    found: str

    def __str__(self) -> str:
        return f"place {self.place}: {self.found}"


def canonical(entry: Entry) -> bytes:
    """The bytes of a row that its hash is made of (version 1)."""
    (
        workspace_id,
        place,
        transaction_id,
        line_no,
        operation,
        business_key,
        account_kind,
        grant_id,
        amount_credits,
        subject_kind,
        subject_id,
        actor,
        reason,
        created_at,
    ) = entry
    number = _NUMBER.pack
    return b"".join(
        (
            _VERSION,
            _of_id(workspace_id),
            number(8, place),
            _of_id(transaction_id),
            number(8, line_no),
            _of_word(operation),
            _of_text(business_key),
            _of_word(account_kind),
            _of_id(grant_id),
            number(8, amount_credits),
            _of_word(subject_kind),
            _of_id(subject_id),
            _of_word(actor),
            _of_word(reason),
            _of_instant(created_at),
        )
    )


def hash_after(previous: bytes, entry: Entry) -> bytes:
    """The hash of an entry that follows another's."""
    return hashlib.sha256(previous + canonical(entry)).digest()


def follow(chain: Chain, rows: Iterable[tuple[Entry, bytes]]) -> Chain | Broken:
    """Go along rows in the order of their places, from where `chain` ends: where they end, or the first that differs."""
    length, head = chain.length, chain.head
    for entry, hash_ in rows:
        if entry.place != length + 1:
            return Broken(length + 1, f"the entry is missing, the next one has place {entry.place}")
        if hash_after(head, entry) != hash_:
            what = f"{entry.business_key}, line {entry.line_no}"
            return Broken(entry.place, f"the hash does not follow from the one before and the row ({what})")
        length, head = entry.place, hash_
    return Chain(length, head)


def compare_end(found: Chain, kept: Chain) -> Broken | None:
    """Whether a chain that was followed to its end ends where its account says."""
    if found.length < kept.length:
        return Broken(found.length + 1, f"the entry is missing, the account has {kept.length}")
    if found.length > kept.length:
        return Broken(kept.length + 1, f"the account knows of no entry after place {kept.length}")
    if found.head != kept.head:
        return Broken(kept.length, "its hash is not the one that the account has kept")
    return None


def _of_text(value: str | None) -> bytes:
    if value is None:
        return _ABSENT
    text = value.encode()
    return _LENGTH.pack(len(text)) + text


_of_word = functools.lru_cache(maxsize=256)(_of_text)
"""For texts that come again and again."""


def _of_id(value: UUID | None) -> bytes:
    return _ABSENT if value is None else _OF_ID + value.bytes


@functools.lru_cache(maxsize=16)
def _of_instant(value: datetime) -> bytes:
    """The entries of one transaction of the database share theirs."""
    return _NUMBER.pack(8, (value - _EPOCH) // _MICROSECOND)
