"""Where a request comes from, as far as we can know."""

from fastapi import Request


def client_address(request: Request, *, proxies: int) -> str:
    """The address behind so many proxies of ours (PROXIES_IN_FRONT). Each adds to `X-Forwarded-For` whom it was asked by;
    what stands further left is what the asker says of themselves."""
    peer = request.client.host if request.client else ""
    said = [part.strip() for line in request.headers.getlist("X-Forwarded-For") for part in line.split(",")]
    hops = [*said, peer]
    return hops[max(0, len(hops) - 1 - proxies)] or peer
