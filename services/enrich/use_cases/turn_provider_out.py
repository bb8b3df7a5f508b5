"""A provider refuses, or refuses again: its account is out, and everybody is told."""

from datetime import datetime, timedelta

from libs.common.contracts.enrich import ProviderExhausted, ProviderRecovered
from libs.common.logs import get_logger
from libs.common.uow import UnitOfWork
from services.enrich.clients.errors import ProviderOut
from services.enrich.domain.account_names import provider_of, workspace_of
from services.enrich.repositories import providers
from services.enrich.repositories.providers import Refusal

log = get_logger()

PROBE_EVERY = timedelta(minutes=1)
PROBE_WITHOUT_A_TIME = timedelta(minutes=10)


async def turn_provider_out(uow: UnitOfWork, account: str, refusal: Refusal, *, seen: int, probe_at: datetime) -> None:
    """Once per change: the counter moves by compare-and-swap on the one that was seen; of many that see it, one tells."""
    counter = await providers.mark_out(uow.conn, account, refusal, seen=seen, probe_at=probe_at)
    if counter is None:
        return
    exhausted = ProviderExhausted(
        account=account,
        provider=provider_of(account),
        workspace_id=workspace_of(account),
        counter=counter,
        reason="bad_key" if refusal.reason == "bad_key" else "day_limit",
        cause="nonsense" if refusal.reason == "nonsense" else None,
        message=refusal.message,
        resume_at=refusal.resume_at,
    )
    uow.publish(exhausted, tenant_id=workspace_of(account))
    log.warning("provider.exhausted", account=account, reason=refusal.reason, said=refusal.message)


def recovery_of(account: str, counter: int) -> ProviderRecovered:
    """What is told of an account that is back."""
    return ProviderRecovered(
        account=account, provider=provider_of(account), workspace_id=workspace_of(account), counter=counter
    )


def refusal_of(out: ProviderOut) -> Refusal:
    """What a provider has said, as it is kept and told."""
    return Refusal(out.reason, out.said, out.resume_at)


def next_probe(refusal: Refusal, *, now: datetime) -> datetime:
    """When to ask a provider again that has refused."""
    if refusal.reason == "bad_key":
        return now + PROBE_EVERY
    return refusal.resume_at or now + PROBE_WITHOUT_A_TIME
