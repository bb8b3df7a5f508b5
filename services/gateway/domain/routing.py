"""Which service owns which public path, and what of a request travels there."""

from collections.abc import Iterable
from dataclasses import dataclass

RawHeader = tuple[bytes, bytes]

OWNERS: dict[str, str] = {
    "uploads": "ingest",
    "quotes": "ingest",
    "line-options": "ingest",
    "jobs": "ingest",
    "exports": "ingest",
    "usage": "ingest",
    "sourcings": "ingest",
    "providers": "enrich",
    "catalogue": "enrich",
    "credits": "billing",
    "prices": "billing",
    "billing": "billing",
    "entitlements": "billing",
    "lists": "sender",
    "templates": "sender",
    "campaigns": "sender",
    "emails": "sender",
    "dead-letters": "sender",
    "mailboxes": "sender",
    "suppressions": "sender",
    "sending": "sender",
}
"""First path segment below /v1 → service."""

MAX_SIGNED_CHARS = 4096
MAX_PUBLIC_AT_ONCE = 100
"""Open requests of people nobody knows, of the 500 connections to a service: members always find room."""


@dataclass(frozen=True)
class PublicPath:
    """What needs no token: `<below>/<segment>/<one part>`. The service itself checks a signature, in the path or of the
    body.

    `part` is what the one part must be (None: anything short). Per replica, `at_once` requests may be open, and `per_second`
    begin (None: any number). Of a body, `max_body_bytes` are taken. `refusal` names what is answered when there is no room.
    """

    service: str
    methods: tuple[str, ...]
    refusal: str
    part: str | None = None
    at_once: int = MAX_PUBLIC_AT_ONCE
    per_second: int | None = None
    max_body_bytes: int = 0
    below: str = "/v1"


PUBLIC: dict[str, PublicPath] = {
    "downloads": PublicPath("ingest", ("GET", "HEAD"), refusal="too_many_downloads"),
    "oauth": PublicPath("sender", ("GET",), refusal="too_many_callbacks", part="callback", at_once=20, per_second=50),
    "stripe": PublicPath(
        "billing",
        ("POST",),
        refusal="too_many_webhooks",
        part="webhooks",
        at_once=20,
        per_second=100,
        max_body_bytes=1024 * 1024,
    ),
    "u": PublicPath(
        "sender",
        ("GET", "HEAD", "POST"),
        refusal="too_many_unsubscribes",
        at_once=50,
        per_second=100,
        max_body_bytes=4096,
        below="",
    ),
}
"""By the first path segment. Stripe delivers again what it is told to send later. `/u/` are links to unsubscribe by: they
stand in mails, below the web app's own address."""

HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
        b"host",
    }
)
"""Headers that concern one connection only, and Host."""

PRIVATE = frozenset({b"authorization", b"cookie", b"x-corofy-identity", b"x-request-id", b"x-workspace-id", b"apikey"})
"""Headers that stop at the gateway: services learn who is asking from the signed identity alone."""

_DOTS = frozenset({".", ".."})


def owner_of(path: str) -> str | None:
    """The service that serves `/v1/<path>` (decoded). None as well for a path with `.` or `..` in it, which whoever
    normalises it next would make another one of."""
    segments = path.split("/")
    return None if _DOTS.intersection(segments) else OWNERS.get(segments[0])


def public_owner_of(path: str) -> str | None:
    """The service that serves a path to anybody, given without what it stands below; None for what is no public path, or too
    long to be one."""
    segment, _, signed = path.partition("/")
    public = PUBLIC.get(segment)
    is_public = signed and "/" not in signed and len(signed) <= MAX_SIGNED_CHARS and signed not in _DOTS
    return public.service if public and is_public and public.part in {None, signed} else None


def end_to_end(headers: Iterable[RawHeader]) -> list[RawHeader]:
    """The headers that are for the other end: not those of one connection, nor those that `Connection` names
    (RFC 9110, 7.6.1)."""
    found = [(name.lower(), value) for name, value in headers]
    named = {part.strip().lower() for name, value in found if name == b"connection" for part in value.split(b",")}
    return [(name, value) for name, value in found if name not in HOP_BY_HOP | named]


def for_the_service(headers: Iterable[RawHeader]) -> list[RawHeader]:
    """The headers of a request that are passed on to a service."""
    return [(name, value) for name, value in end_to_end(headers) if name not in PRIVATE]
