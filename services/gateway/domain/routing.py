"""Which service owns which public path, and what of a request travels there."""

from collections.abc import Iterable

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
    "lists": "sender",
    "templates": "sender",
    "campaigns": "sender",
    "emails": "sender",
    "suppressions": "sender",
}
"""First path segment below /v1 → service."""

PUBLIC: dict[str, str] = {"downloads": "ingest"}
"""First path segment → service, of what needs no token: each path is `/v1/<segment>/<something signed by the service>`,
is only read, and the service itself checks the signature."""
PUBLIC_METHODS = ("GET", "HEAD")
MAX_SIGNED_CHARS = 4096
MAX_PUBLIC_AT_ONCE = 100
"""Open requests of people nobody knows, of the 500 connections to a service: members always find room."""

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

PRIVATE = frozenset({b"authorization", b"cookie", b"x-corofy-identity", b"x-request-id"})
"""Headers that stop at the gateway: services learn who is asking from the signed identity alone."""

_DOTS = frozenset({".", ".."})


def owner_of(path: str) -> str | None:
    """The service that serves `/v1/<path>` (decoded). None as well for a path with `.` or `..` in it, which whoever
    normalises it next would make another one of."""
    segments = path.split("/")
    return None if _DOTS.intersection(segments) else OWNERS.get(segments[0])


def public_owner_of(path: str) -> str | None:
    """The service that serves `/v1/<path>` to anybody; None for what is no public path, or too long to be one."""
    segment, _, signed = path.partition("/")
    is_public = signed and "/" not in signed and len(signed) <= MAX_SIGNED_CHARS and signed not in _DOTS
    return PUBLIC.get(segment) if is_public else None


def end_to_end(headers: Iterable[RawHeader]) -> list[RawHeader]:
    """The headers that are for the other end: not those of one connection, nor those that `Connection` names
    (RFC 9110, 7.6.1)."""
    found = [(name.lower(), value) for name, value in headers]
    named = {part.strip().lower() for name, value in found if name == b"connection" for part in value.split(b",")}
    return [(name, value) for name, value in found if name not in HOP_BY_HOP | named]


def for_the_service(headers: Iterable[RawHeader]) -> list[RawHeader]:
    """The headers of a request that are passed on to a service."""
    return [(name, value) for name, value in end_to_end(headers) if name not in PRIVATE]
