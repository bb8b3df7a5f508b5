"""What was on its way when a person was erased: events that were published before, and are recorded, passed on or filed as dead
letters after."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from libs.common import forgetting
from libs.common.logs import get_logger
from libs.common.uow import OpenUow
from services.gateway.domain.erasing import keyed_digest
from services.gateway.repositories import erasures
from services.gateway.repositories.erasures import Erased
from services.gateway.tables import COMMON

log = get_logger()

SWEPT_FOR = timedelta(days=1)
"""As long as what was published is kept for being published again."""


async def sweep_told(open_uow: OpenUow, *, secret: str, now: datetime) -> int:
    """Forget what was told since of who was erased within the last day; answers how much that was.

    The address is known by its keyed hash alone: what stands before its domain in what was told is tried against that.
    """
    async with open_uow() as uow:
        found = await erasures.lately_done(uow.conn, since=now - SWEPT_FOR)
    gone = 0
    for erased in found:
        domain = erased.masked.partition("@")[2]
        async with open_uow() as uow:
            told = await erasures.told_since(uow.conn, erased, domain=domain)
            address = _address_in(told, erased=erased, domain=domain, secret=secret)
            if address is not None:
                tenant_id = erased.workspace_id
                gone += await erasures.forget_told(uow.conn, tenant_id, address=address)
                gone += await forgetting.forget_mentions(uow.conn, COMMON, tenant_id=tenant_id, address=address)
    if gone:
        log.info("erasure.swept", told=gone)
    return gone


def _address_in(told: Sequence[str], *, erased: Erased, domain: str, secret: str) -> str | None:
    for address in _ends(told, domain=domain):
        if keyed_digest(address, workspace_id=erased.workspace_id, secret=secret) == erased.digest:
            return address
    return None


def _ends(told: Sequence[str], *, domain: str) -> Iterator[str]:
    """Where a local part begins, nobody knows: each of its ends is tried."""
    for words in told:
        local = words.rpartition("@")[0]
        yield from (f"{local[start:]}@{domain}" for start in range(len(local)))
