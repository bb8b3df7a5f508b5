"""Count a request against what one user, or one API key, may make per minute."""

from libs.common.errors import RateLimited
from libs.common.uow import OpenUow
from services.gateway import metrics
from services.gateway.domain.callers import Caller
from services.gateway.domain.requests import Allowance
from services.gateway.repositories import requests


async def count_caller(caller: Caller, *, most: int, open_uow: OpenUow) -> Allowance | None:
    """A key is counted apart from its maker. None without a limit (0). Raises RateLimited `too_many_requests` with the moment
    to come back."""
    if not most:
        return None
    async with open_uow.alone() as conn:
        allowance = await requests.take_request_of_caller(conn, caller.key_id or caller.user_id, most=most)
    if allowance.granted:
        return allowance
    who = "user" if caller.key_id is None else "key"
    metrics.REQUESTS_LIMITED.labels(who).inc()
    msg = f"one {who} may make {most} requests a minute, and this one has made them: try again in {allowance.reset_s} s"
    extra = {"limit": most, "retry_after_s": allowance.reset_s}
    raise RateLimited(msg, code="too_many_requests", extra=extra)
