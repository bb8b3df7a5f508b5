"""Which provider is real, which is the sandbox, which is missing, and how each is."""

from libs.common.uow import UnitOfWork
from services.enrich.clients.accounts import NEEDED, Account
from services.enrich.clients.tools import Tools
from services.enrich.repositories import providers
from services.enrich.repositories.providers import ProviderState


async def list_providers(uow: UnitOfWork, tools: Tools) -> list[tuple[Account, bool, ProviderState | None]]:
    """Each account, whether rows need it, and its state if it has ever been out."""
    states = await providers.load(uow.conn)
    return [(account, account.provider in NEEDED, states.get(account.name)) for account in tools.accounts]
