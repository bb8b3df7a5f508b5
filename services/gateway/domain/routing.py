"""Which service owns which public path, and what of a request travels there."""

from collections.abc import Iterable

RawHeader = tuple[bytes, bytes]

OWNERS: dict[str, str] = {
    "uploads": "ingest",
    "quotes": "ingest",
    "jobs": "ingest",
    "sourcings": "ingest",
    "providers": "enrich",
    "credits": "billing",
    "prices": "billing",
    "lists": "sender",
    "templates": "sender",
    "campaigns": "sender",
    "emails": "sender",
    "suppressions": "sender",
}
"""First path segment below /v1 → service."""

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


def end_to_end(headers: Iterable[RawHeader]) -> list[RawHeader]:
    """The headers that are for the other end: not those of one connection, nor those that `Connection` names
    (RFC 9110, 7.6.1)."""
    found = [(name.lower(), value) for name, value in headers]
    named = {part.strip().lower() for name, value in found if name == b"connection" for part in value.split(b",")}
    return [(name, value) for name, value in found if name not in HOP_BY_HOP | named]


def for_the_service(headers: Iterable[RawHeader]) -> list[RawHeader]:
    """The headers of a request that are passed on to a service."""
    return [(name, value) for name, value in end_to_end(headers) if name not in PRIVATE]
