"""Bodies as forms: application/x-www-form-urlencoded and multipart/form-data (RFC 7578)."""

from __future__ import annotations

from email.message import EmailMessage, MIMEPart
from email.parser import BytesParser
from email.policy import HTTP
from urllib.parse import parse_qsl

from deploy.sandbox.web import BadBodyError, Request


def form_of(request: Request) -> dict[str, list[bytes]]:
    """The fields by name, each with its values in order. Raises BadBodyError."""
    kind = request.header(b"content-type")
    found: dict[str, list[bytes]] = {}
    if kind.lower().startswith(b"application/x-www-form-urlencoded"):
        for name, value in parse_qsl(request.body.decode("latin-1"), keep_blank_values=True, encoding="latin-1"):
            found.setdefault(name, []).append(value.encode("latin-1"))
        return found
    if not kind.lower().startswith(b"multipart/form-data"):
        raise BadBodyError("the body is not a form")
    whole = BytesParser(policy=HTTP).parsebytes(b"content-type: " + kind + b"\r\n\r\n" + request.body)
    for part in whole.iter_parts():
        name = part.get_param("name", header="content-disposition")
        if isinstance(name, str):
            found.setdefault(name, []).append(_content(part))
    return found


def _content(part: MIMEPart) -> bytes:
    if part.get_content_maintype() == "message":
        inner = part.get_payload(0)
        return inner.as_bytes() if isinstance(inner, EmailMessage) else b""
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""
