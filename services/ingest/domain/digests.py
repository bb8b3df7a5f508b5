"""Digests that a client sends along with its bytes: RFC 9530 (`Content-Digest`, `Repr-Digest`), and tus's `Upload-Checksum`."""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from libs.common.errors import BadRequest, Invalid

TUS_ALGORITHMS = ("sha1", "sha256", "md5")
_HTTP_ALGORITHMS = {"sha-256": "sha256", "sha-512": "sha512"}
_MEMBER = re.compile(r"\s*([a-z*][a-z0-9_.*-]*)=:([A-Za-z0-9+/=]*):\s*")


@dataclass(frozen=True)
class Digest:
    """What an algorithm of `hashlib` must come to over the bytes."""

    algorithm: str
    value: bytes

    def begin(self) -> "Running":
        """A hash to be fed with the bytes."""
        return Running(self)


class Running:
    """A digest being computed beside the stream."""

    def __init__(self, expected: Digest) -> None:
        self._expected = expected
        # MD5 and SHA-1 tell a torn transfer from a whole one here; nothing rests on their resisting an attacker.
        self._hash = hashlib.new(expected.algorithm, usedforsecurity=False)

    def update(self, data: bytes) -> None:
        """More bytes."""
        self._hash.update(data)

    @property
    def agrees(self) -> bool:
        """Whether the bytes so far are those the client meant."""
        return self._hash.digest() == self._expected.value


def digests_of(headers: Iterable[str]) -> Sequence[Digest]:
    """The digests of `Content-Digest` and `Repr-Digest` headers that we can check; other algorithms are passed over, as the
    RFC says. Raises Invalid (`digest_invalid`) for a header that is no dictionary of byte sequences.
    """
    found: list[Digest] = []
    for header in headers:
        for part in header.split(","):
            member = _MEMBER.fullmatch(part)
            if member is None:
                msg = f"the digest {part.strip()[:100]!r} cannot be read: it has the form sha-256=:<base64>:"
                raise Invalid(msg, code="digest_invalid")
            name, text = member.groups()
            if name in _HTTP_ALGORITHMS:
                found.append(_checked(_HTTP_ALGORITHMS[name], text, of=Invalid, code="digest_invalid"))
    return found


def checksum_of(header: str) -> Digest:
    """The digest of a tus `Upload-Checksum`. Raises BadRequest (`checksum_unsupported`, `checksum_invalid`)."""
    name, _, text = header.strip().partition(" ")
    if name not in TUS_ALGORITHMS:
        msg = f"the checksum algorithm {name[:50]!r} is not known: {', '.join(TUS_ALGORITHMS)} are"
        raise BadRequest(msg, code="checksum_unsupported")
    return _checked(name, text.strip(), of=BadRequest, code="checksum_invalid")


def _checked(algorithm: str, text: str, *, of: type[Invalid] | type[BadRequest], code: str) -> Digest:
    size = hashlib.new(algorithm, usedforsecurity=False).digest_size
    try:
        value = base64.b64decode(text, validate=True)
    except binascii.Error:
        value = b""
    if len(value) != size:
        msg = f"the {algorithm} digest {text[:100]!r} is not {size} bytes in base64: compute it again"
        raise of(msg, code=code)
    return Digest(algorithm, value)
