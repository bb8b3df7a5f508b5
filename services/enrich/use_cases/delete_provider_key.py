"""A workspace takes its key away: its jobs go back to everybody's account."""

from uuid import UUID

from libs.common.errors import NotFound
from libs.common.logs import get_logger
from libs.common.uow import UnitOfWork
from services.enrich.domain.provider_keys import check_provider
from services.enrich.repositories import keys
from services.enrich.use_cases.tell_of_keys import tell_of_keys

log = get_logger()


async def delete_provider_key(uow: UnitOfWork, workspace_id: UUID, provider: str) -> None:
    """Forget the key and tell. Raises NotFound `provider_unknown`, `provider_key_missing`."""
    check_provider(provider)
    version = await keys.begin_change(uow.conn, workspace_id)
    if not await keys.remove(uow.conn, workspace_id, provider):
        msg = f"this workspace has no {provider} key of its own"
        raise NotFound(msg, code="provider_key_missing")
    await tell_of_keys(uow, workspace_id, provider, version=version)
    log.info("provider_key.deleted", provider=provider)
