"""DKIM: a mail signed for its domain (RFC 6376, relaxed/relaxed), with RSA-SHA256 and Ed25519-SHA256 (RFC 8463).

Own code, as no library for it comes as a wheel; held in the tests against RFC 8463's example and another verifier.
"""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)

SIGNED: Final = (
    "From", "Reply-To", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "List-Unsubscribe",
    "List-Unsubscribe-Post", "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
)  # fmt: skip
"""Each is named once more than it occurs, where that is at all possible: nobody can add another one afterwards."""
_BITS: Final = 2048
_BLANKS = re.compile(rb"[ \t]+")
_LINE_ENDS = re.compile(rb"\r\n|\n|\r")
_FOLD_AT: Final = 70
PrivateKey = RSAPrivateKey | Ed25519PrivateKey


@dataclass(frozen=True, slots=True)
class Signer:
    """The domain's keys under one name each: both algorithms sign, as not every receiver knows the younger."""

    domain: str
    keys: Sequence[tuple[str, PrivateKey]] = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A fresh private key, and the public half as DNS shows it; both in base64."""

    private: str = field(repr=False)
    public: str


def make_rsa() -> KeyPair:
    """2048 bits, the longest that fits common DNS editors."""
    key = generate_private_key(public_exponent=65537, key_size=_BITS)
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return KeyPair(_private(key), _b64(public))


def make_ed25519() -> KeyPair:
    """Its public half is the bare key (RFC 8463, 4)."""
    key = Ed25519PrivateKey.generate()
    return KeyPair(_private(key), _b64(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)))


@lru_cache(maxsize=512)
def read_key(private: str) -> PrivateKey:
    """A key as `make_rsa` and `make_ed25519` wrote it."""
    key = load_der_private_key(base64.b64decode(private), password=None)
    assert isinstance(key, RSAPrivateKey | Ed25519PrivateKey), "no other kind is made"
    return key


def record_of(kind: str, public: str) -> str:
    """What is published in DNS: `kind` is rsa or ed25519."""
    return f"v=DKIM1; k={kind}; p={public}"


def signed(content: bytes, signer: Signer, *, now: datetime) -> bytes:
    """The message with a signature per key in front. Line ends become CRLF, as they are on the wire."""
    content = b"\r\n".join(_LINE_ENDS.split(content))
    head, _, body = content.partition(b"\r\n\r\n")
    headers = headers_of(head)
    digest = _b64(sha256(relaxed_body(body)).digest())
    names = _names(headers)
    made = [
        _signature(headers, names, digest, domain=signer.domain, selector=selector, key=key, now=now)
        for selector, key in signer.keys
    ]
    return b"".join(made) + content


def relaxed_body(body: bytes) -> bytes:
    """RFC 6376, 3.4.4: blanks at line ends go, others become one space, empty lines at the end go."""
    lines = [_BLANKS.sub(b" ", line).rstrip(b" ") for line in body.split(b"\r\n")]
    while lines and not lines[-1]:
        lines.pop()
    return b"".join(line + b"\r\n" for line in lines)


def relaxed_header(name: str, value: bytes) -> bytes:
    """RFC 6376, 3.4.2: the name in lower case, the value unfolded and with single spaces."""
    return name.lower().encode() + b":" + _BLANKS.sub(b" ", value.replace(b"\r\n", b"")).strip(b" ")


def headers_of(head: bytes) -> list[tuple[str, bytes]]:
    """Names and raw values, in their order."""
    lines = re.split(rb"\r\n(?![ \t])", head)
    parts = (line.partition(b":") for line in lines if line)
    return [(name.decode("ascii").strip(), value) for name, _, value in parts]


def _names(headers: Sequence[tuple[str, bytes]]) -> list[str]:
    present = [name.lower() for name, _ in headers]
    return [name for wanted in SIGNED for name in [wanted.lower()] * (present.count(wanted.lower()) + 1)]


def hashed(headers: Sequence[tuple[str, bytes]], names: Sequence[str]) -> bytes:
    """The headers as they are signed: of several with one name the last is taken first, one that is missing is nothing
    (RFC 6376, 5.4.2)."""
    left = list(headers)
    taken: list[bytes] = []
    for wanted in names:
        for index in range(len(left) - 1, -1, -1):
            if left[index][0].lower() == wanted:
                taken.append(relaxed_header(*left.pop(index)) + b"\r\n")
                break
    return b"".join(taken)


def _signature(
    headers: Sequence[tuple[str, bytes]],
    names: Sequence[str],
    digest: str,
    *,
    domain: str,
    selector: str,
    key: PrivateKey,
    now: datetime,
) -> bytes:
    algorithm = "rsa-sha256" if isinstance(key, RSAPrivateKey) else "ed25519-sha256"
    tags = (
        f"v=1; a={algorithm}; c=relaxed/relaxed; d={domain}; s={selector};\r\n"
        f" t={int(now.timestamp())};\r\n h={_folded(':'.join(names), after=':')};\r\n bh={digest};\r\n b="
    )
    text = hashed(headers, names) + relaxed_header("dkim-signature", tags.encode())
    value = sign(text, key)
    return f"DKIM-Signature: {tags}{_folded(value)}\r\n".encode()


def sign(text: bytes, key: PrivateKey) -> str:
    """The signature of canonical headers, in base64. Ed25519 signs their hash (RFC 8463, 3)."""
    if isinstance(key, RSAPrivateKey):
        return _b64(key.sign(text, PKCS1v15(), SHA256()))
    return _b64(key.sign(sha256(text).digest()))


def _folded(text: str, *, after: str = "") -> str:
    """In lines of their own; of a list of names, only after its colons."""
    if not after:
        return "\r\n ".join(text[at : at + _FOLD_AT] for at in range(0, len(text), _FOLD_AT))
    lines, line = list[str](), ""
    for part in text.split(after):
        if len(line) + len(part) > _FOLD_AT:
            lines.append(line)
            line = ""
        line += part + after
    return "\r\n  ".join([*lines, line.removesuffix(after)])


def _private(key: PrivateKey) -> str:
    return _b64(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
