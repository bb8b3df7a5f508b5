"""Hold a request to what its caller and its workspace's plan may make per minute."""

from uuid import UUID

from libs.common.errors import RateLimited
from libs.common.uow import OpenUow
from services.gateway import metrics
from services.gateway.domain.callers import Caller
from services.gateway.domain.requests import Allowance
from services.gateway.repositories import requests


async def count_request(workspace_id: UUID, *, open_uow: OpenUow) -> Allowance | None:
    """Count one against the plan by itself. None without a limit."""
    async with open_uow.alone() as conn:
        return await requests.take_request(conn, workspace_id)


def hold_to_own(caller: Caller, allowance: Allowance | None) -> None:
    """One user, or one API key, which is counted apart from its maker. Raises RateLimited `too_many_requests` with the moment
    to come back."""
    if allowance is None or allowance.granted:
        return
    who = "user" if caller.key_id is None else "key"
    metrics.REQUESTS_LIMITED.labels(who).inc()
    most, wait_s = allowance.most, allowance.reset_s
    msg = f"one {who} may make {most} requests a minute, and this one has made them: try again in {wait_s} s"
    raise RateLimited(msg, code="too_many_requests", extra={"limit": most, "retry_after_s": wait_s})


def hold_to_plan(allowance: Allowance | None) -> None:
    """Raises RateLimited `too_many_requests` with the moment to come back, and the headers that say so."""
    if allowance is None or allowance.granted:
        return
    metrics.REQUESTS_LIMITED.labels(allowance.plan).inc()
    msg = (
        f"the {allowance.plan} plan allows {allowance.most} requests a minute, and this workspace has made them:"
        f" try again in {allowance.reset_s} s, or take a larger plan"
    )
    extra = {"plan": allowance.plan, "limit": allowance.most, "retry_after_s": allowance.reset_s}
    raise RateLimited(msg, code="too_many_requests", extra=extra)
