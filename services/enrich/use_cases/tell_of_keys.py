"""A workspace's keys are others than before: every replica looks again, ingest hears which there are, refusals are void."""

from uuid import UUID

from libs.common.contracts.enrich import ProviderKeysChanged
from libs.common.uow import UnitOfWork
from services.enrich.domain.account_names import account_name
from services.enrich.in_flight.key_watch import CHANNEL
from services.enrich.repositories import keys, providers
from services.enrich.use_cases.turn_provider_out import recovery_of


async def tell_of_keys(uow: UnitOfWork, workspace_id: UUID, provider: str, *, version: int) -> None:
    """Within the change that `keys.begin_change` has numbered. What the account said under the key before holds no longer."""
    held = await keys.of_workspace(uow.conn, workspace_id)
    uow.publish(
        ProviderKeysChanged(workspace_id=workspace_id, providers=sorted(held), change_no=version),
        tenant_id=workspace_id,
    )
    account = account_name(provider, workspace_id)
    was, counter = await providers.begin_anew(uow.conn, account)
    if was == "out":
        uow.publish(recovery_of(account, counter), tenant_id=workspace_id)
    uow.notify(CHANNEL)
