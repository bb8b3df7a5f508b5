"""The clock of mailboxes: secrets are sealed with the newest key, and what nobody needs any more is forgotten."""

import functools
from collections.abc import Sequence

from libs.common.schedules import Schedule
from libs.common.uow import OpenUow
from services.sender.clients.secrets import SecretsRing
from services.sender.repositories import consents, mailbox_days, mailbox_paces
from services.sender.repositories.workspaces import database_now
from services.sender.use_cases.reseal_mailbox_secrets import reseal_mailbox_secrets


def mailbox_schedules(open_uow: OpenUow, ring: SecretsRing) -> Sequence[Schedule]:
    """Every hour."""

    async def forget_mailbox_days() -> None:
        async with open_uow() as uow:
            now = await database_now(uow.conn)
            await mailbox_days.forget_old(uow.conn, now=now)
            await consents.forget_old(uow.conn, now=now)
            await mailbox_paces.forget_old(uow.conn, now=now)

    return [
        Schedule("reseal_mailbox_secrets", 3600, functools.partial(reseal_mailbox_secrets, open_uow, ring)),
        Schedule("forget_mailbox_days", 3600, forget_mailbox_days),
    ]
