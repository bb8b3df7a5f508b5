"""The data are those of a moment in the past: mails that waited then may have left since, and are not sent again."""

from datetime import datetime

from libs.common.uow import OpenUow
from services.gateway.repositories import mails


async def note_restore(open_uow: OpenUow, moment: datetime) -> str:
    """Before the gateway is started. Key: the mails that wait, so that a second time finds none. Answers what was done."""
    async with open_uow() as uow:
        count = await mails.doubt_waiting(uow.conn, said=f"restored from a backup of {moment.isoformat()}")
    return f"{count} mails of Corofy's own that waited are not sent: invite, or ask for a new password, again."
