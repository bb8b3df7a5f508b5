"""Count a request against what its workspace's plan allows per minute."""

from uuid import UUID

from libs.common.errors import RateLimited
from libs.common.uow import OpenUow
from services.gateway import metrics
from services.gateway.domain.requests import Allowance
from services.gateway.repositories import requests


async def count_request(workspace_id: UUID, *, open_uow: OpenUow) -> Allowance | None:
    """None without a limit. Raises RateLimited `too_many_requests` with the moment to come back, and the headers that say so."""
    async with open_uow.alone() as conn:
        allowance = await requests.take_request(conn, workspace_id)
    if allowance is None or allowance.granted:
        return allowance
    metrics.REQUESTS_LIMITED.labels(allowance.plan).inc()
    msg = (
        f"the {allowance.plan} plan allows {allowance.most} requests a minute, and this workspace has made them:"
        f" try again in {allowance.reset_s} s, or take a larger plan"
    )
    extra = {"plan": allowance.plan, "limit": allowance.most, "retry_after_s": allowance.reset_s}
    raise RateLimited(msg, code="too_many_requests", extra=extra)
