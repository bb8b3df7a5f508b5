"""The keys that workspaces bring, as fresh as a NOTIFY makes them: every replica works under the key that was set last."""

from collections.abc import Iterable
from uuid import UUID

from libs.common.listener import Listener, keep_looking
from libs.common.logs import get_logger
from libs.common.uow import OpenUow
from services.enrich.clients.keyring import Keyring, KeyUnreadable, Purpose, Sealed
from services.enrich.clients.tools import Client, Tools
from services.enrich.repositories import keys
from services.enrich.repositories.keys import StoredKey

log = get_logger()

CHANNEL = "enrich_keys"
_POLL_S = 5


class KeyWatch:
    """Fills `tools.own`. Woken by every change of a key, with polling behind it."""

    def __init__(self, open_uow: OpenUow, listener: Listener, tools: Tools, keyring: Keyring) -> None:
        self._open_uow = open_uow
        self._listener = listener
        self._tools = tools
        self._keyring = keyring
        self._clients: dict[tuple[UUID, str], tuple[int, Client]] = {}

    async def run(self) -> None:
        """Look again until cancelled."""
        await keep_looking(self._listener, CHANNEL, self.look, poll_s=_POLL_S)

    async def look(self) -> None:
        """Read what is stored. A key that has not changed keeps its client, with what that knows of limits and models."""
        async with self._open_uow() as uow:
            stored = await keys.every(uow.conn)
        versions = {place: version for place, (version, _) in self._clients.items()}
        if versions == {(one.workspace_id, one.provider): one.version for one in stored}:
            return
        self._clients = {(one.workspace_id, one.provider): (one.version, self._client(one)) for one in stored}
        self._refill(one.workspace_id for one in stored)

    def _client(self, stored: StoredKey) -> Client:
        version, client = self._clients.get((stored.workspace_id, stored.provider), (None, None))
        if client is not None and version == stored.version:
            return client
        return self._tools.with_key(stored.provider, self._opened(stored), workspace_id=stored.workspace_id)

    def _opened(self, stored: StoredKey) -> str:
        """The key; an empty one when it cannot be read, so that the provider rejects it and its workspace is told."""
        try:
            return self._keyring.open(
                Sealed(stored.sealed, stored.sealed_with), Purpose(stored.workspace_id, stored.provider)
            )
        except KeyUnreadable as error:
            log.warning("provider_key.unreadable", error=error.message)
            return ""

    def _refill(self, workspaces: Iterable[UUID]) -> None:
        own = self._tools.own
        holders = set(workspaces)
        for workspace_id in holders:
            mine = [client for (holder, _), (_, client) in self._clients.items() if holder == workspace_id]
            own[workspace_id] = self._tools.with_clients(mine)
        for workspace_id in set(own) - holders:
            del own[workspace_id]
