"""Another reading of RFC 6376 than ours: it verifies the DKIM signatures of a mail, relaxed/relaxed, with published records."""

import base64
import hashlib
import re
from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key


def verify(mail: bytes, records: Mapping[str, str]) -> dict[str, str]:
    """`pass`, or what is wrong, by algorithm. `records` are the TXT records by name."""
    head, body = mail.split(b"\r\n\r\n", 1)
    fields = [line.decode("latin-1") for line in re.split(rb"\r\n(?=[^ \t])", head)]
    found: dict[str, str] = {}
    for field in fields:
        name, value = field.split(":", 1)
        if name.strip().lower() == "dkim-signature":
            tags = _tags(value)
            found[tags["a"]] = _verdict(field, tags, fields, body, records)
    return found


def _verdict(field: str, tags: dict[str, str], fields: list[str], body: bytes, records: Mapping[str, str]) -> str:
    if tags["c"] != "relaxed/relaxed":
        return "another canonicalisation"
    record = records.get(f"{tags['s']}._domainkey.{tags['d']}")
    if record is None:
        return "no record"
    if base64.b64encode(hashlib.sha256(_body(body)).digest()).decode() != tags["bh"]:
        return "body hash differs"
    text = _signed_text(field, tags["h"], fields)
    try:
        _check(tags["a"], base64.b64decode(_tags(record)["p"]), base64.b64decode(tags["b"]), text)
    except InvalidSignature:
        return "signature differs"
    return "pass"


def _tags(value: str) -> dict[str, str]:
    pairs = (part.split("=", 1) for part in value.split(";") if part.strip())
    return {name.strip(): re.sub(r"\s+", "", text) for name, text in pairs}


def _body(body: bytes) -> bytes:
    text = re.sub(rb"[ \t]+(?=\r\n)", b"", re.sub(rb"[ \t]+", b" ", body))
    text = re.sub(rb"(?:\r\n)+\Z", b"", text)
    return text + b"\r\n" if text else b""


def _line(field: str) -> str:
    name, value = field.split(":", 1)
    return f"{name.strip().lower()}:{re.sub(r'[ ' + chr(9) + ']+', ' ', value.replace(chr(13) + chr(10), '')).strip()}"


def _signed_text(field: str, listed: str, fields: list[str]) -> bytes:
    stacks: dict[str, list[str]] = {}
    for one in fields:
        stacks.setdefault(one.split(":", 1)[0].strip().lower(), []).append(one)
    lines = [_line(stacks[name].pop()) for name in listed.lower().split(":") if stacks.get(name)]
    own = re.sub(r"(;\s*b\s*=)[^;]*", r"\1", _line(field))
    return "\r\n".join([*lines, own]).encode("latin-1")


def _check(algorithm: str, public: bytes, signature: bytes, text: bytes) -> None:
    if algorithm == "ed25519-sha256":
        key = ed25519.Ed25519PublicKey.from_public_bytes(public)
        key.verify(signature, hashlib.sha256(text).digest())
        return
    rsa_key = load_der_public_key(public)
    assert isinstance(rsa_key, rsa.RSAPublicKey)
    rsa_key.verify(signature, text, padding.PKCS1v15(), hashes.SHA256())
