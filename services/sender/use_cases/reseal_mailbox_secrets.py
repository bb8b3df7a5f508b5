"""After a fresh encryption key has been put in front, seal what lies under the older ones anew."""

from uuid import UUID

from libs.common.keyring import Unreadable
from libs.common.logs import get_logger
from libs.common.uow import OpenUow, UnitOfWork
from services.sender.clients.secrets import SecretsRing
from services.sender.repositories import mailbox_secrets

log = get_logger()

BATCH = 200


async def reseal_mailbox_secrets(open_uow: OpenUow, ring: SecretsRing) -> int:
    """Batch after batch until none is left that this ring can open; answers how many were sealed anew.

    Secrets that somebody changes meanwhile are waited for: the row is locked.
    """
    current = ring.ring.current
    if current is None:
        return 0
    resealed = 0
    while True:
        async with open_uow() as uow:
            old = await mailbox_secrets.sealed_otherwise(uow.conn, current, known=ring.ring.names, limit=BATCH)
            done = [await _reseal(uow, mailbox_id, ring) for mailbox_id in old]
        resealed += sum(done)
        if not any(done):
            break
    if resealed:
        log.info("mailbox_secrets.resealed", mailboxes=resealed)
    return resealed


async def _reseal(uow: UnitOfWork, mailbox_id: UUID, ring: SecretsRing) -> bool:
    sealed = await mailbox_secrets.load_sealed(uow.conn, mailbox_id)
    assert sealed is not None, "it is locked, and had secrets a moment ago"
    try:
        secrets = ring.open(sealed, mailbox_id)
    except Unreadable as error:
        log.warning("mailbox_secrets.unreadable", mailbox_id=str(mailbox_id), error=error.message)
        return False
    await mailbox_secrets.seal(uow.conn, mailbox_id, ring.seal(secrets, mailbox_id))
    return True
