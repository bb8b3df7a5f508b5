"""Which service owns which public path."""

OWNERS: dict[str, str] = {
    "uploads": "ingest",
    "quotes": "ingest",
    "jobs": "ingest",
    "providers": "enrich",
    "credits": "billing",
    "prices": "billing",
    "lists": "sender",
    "templates": "sender",
    "campaigns": "sender",
    "emails": "sender",
    "suppressions": "sender",
    "mailboxes": "sender",
}
"""First path segment below /v1 → service."""

HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "host",
    }
)
"""Headers that concern one connection only (RFC 9110, 7.6.1), and Host."""

PRIVATE = frozenset({"authorization", "cookie", "x-corofy-identity", "x-request-id"})
"""Headers that stop at the gateway: services learn who is asking from the signed identity alone."""


def owner_of(path: str) -> str | None:
    """The service that serves `/v1/<path>`."""
    return OWNERS.get(path.split("/", 1)[0])


def may_travel(name: str) -> bool:
    """Whether a request header is passed on to a service."""
    return name.lower() not in HOP_BY_HOP and name.lower() not in PRIVATE
