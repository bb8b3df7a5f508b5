"""Hold strangers to a bearable number of attempts, for each address and each client."""

from libs.common.errors import RateLimited
from libs.common.uow import OpenUow
from services.gateway import metrics
from services.gateway.domain.attempts import BY_ADDRESS, BY_CLIENT, Bucket, Kind, key_of, network_of
from services.gateway.repositories import attempts

_CODES: dict[Kind, str] = {"mail": "over_email_send_rate_limit"}


async def limit_attempts(kind: Kind, *, client: str, email: str | None, open_uow: OpenUow) -> None:
    """Count one. Raises RateLimited, the same whether the address is anybody's."""
    buckets = [(BY_CLIENT[kind], f"client {network_of(client)}")]
    if email is not None and kind in BY_ADDRESS:
        buckets.append((BY_ADDRESS[kind], f"address {email}"))
    async with open_uow.alone() as conn:
        for bucket, whom in buckets:
            if not await attempts.take(conn, key_of(kind, whom), bucket):
                raise _too_many(kind, bucket)


async def forgive_attempts(*, email: str, open_uow: OpenUow) -> None:
    """Somebody has shown the right password: what was tried at the address before is forgotten."""
    async with open_uow.alone() as conn:
        await attempts.fill(conn, [key_of("password", f"address {email}")])


def _too_many(kind: Kind, bucket: Bucket) -> RateLimited:
    metrics.ATTEMPTS_LIMITED.labels(kind).inc()
    seconds = max(1, round(bucket.every_s))
    msg = f"too many attempts: try again in {seconds} s"
    return RateLimited(msg, code=_CODES.get(kind, "over_request_rate_limit"), extra={"retry_after_s": seconds})
