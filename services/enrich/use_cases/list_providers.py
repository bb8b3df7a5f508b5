"""Who answers a workspace's calls to each provider, and how that account is."""

from dataclasses import dataclass
from uuid import UUID

from libs.common.uow import UnitOfWork
from services.enrich.clients.accounts import NEEDED, Account, owned
from services.enrich.clients.tools import Tools
from services.enrich.repositories import keys, providers
from services.enrich.repositories.keys import StoredKey
from services.enrich.repositories.providers import ProviderState


@dataclass(frozen=True, slots=True)
class Listed:
    """An account, whether rows need it, its state if it has ever been out, and the workspace's own key if it has one."""

    account: Account
    needed: bool
    state: ProviderState | None
    key: StoredKey | None

    @property
    def lacks(self) -> bool:
        """Whether rows can only get the plain line for want of it."""
        return self.needed and self.account.mode == "missing"


async def list_providers(uow: UnitOfWork, tools: Tools, workspace_id: UUID) -> list[Listed]:
    """As it is stored now: a replica may go by what it knew for some seconds yet."""
    states = await providers.load(uow.conn)
    own = await keys.of_workspace(uow.conn, workspace_id)
    listed: list[Listed] = []
    for shared in tools.accounts:
        key = own.get(shared.provider)
        place = tools.roots[shared.provider].account if key else shared
        account = owned(place, key="", workspace_id=workspace_id) if key else shared
        listed.append(Listed(account, account.provider in NEEDED, states.get(account.name), key))
    return listed
