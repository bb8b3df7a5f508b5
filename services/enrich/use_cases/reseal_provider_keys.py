"""After a fresh encryption key has been put in front, seal what lies under the older ones anew."""

from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.logs import get_logger
from libs.common.uow import UnitOfWorkFactory
from services.enrich.clients.keyring import Keyring, KeyUnreadable, Purpose, Sealed
from services.enrich.repositories import keys
from services.enrich.repositories.keys import StoredKey

log = get_logger()

BATCH = 200


async def reseal_provider_keys(open_uow: UnitOfWorkFactory, keyring: Keyring) -> int:
    """Batch after batch until none is left that this ring can open; answers how many were sealed anew.

    A key that somebody changes meanwhile is left as it is: it has been sealed with the newest.
    """
    current = keyring.current
    if current is None:
        return 0
    resealed = 0
    while True:
        async with open_uow() as uow:
            old = await keys.sealed_otherwise(uow.conn, current, known=keyring.names, limit=BATCH)
            done = [await _reseal(stored, uow.conn, keyring) for stored in old]
        resealed += sum(done)
        if not any(done):
            break
    if resealed:
        log.info("provider_keys.resealed", keys=resealed)
    return resealed


async def _reseal(stored: StoredKey, conn: AsyncConnection, keyring: Keyring) -> bool:
    purpose = Purpose(stored.workspace_id, stored.provider)
    try:
        text = keyring.open(Sealed(stored.sealed, stored.sealed_with), purpose)
    except KeyUnreadable as error:
        log.warning("provider_key.unreadable", error=error.message)
        return False
    fresh = keyring.seal(text, purpose)
    return await keys.reseal(conn, stored, sealed=fresh.data, sealed_with=fresh.sealed_with)
