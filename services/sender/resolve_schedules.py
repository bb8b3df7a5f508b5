"""The clock of unknown emails: providers that can be asked are asked."""

from collections.abc import Sequence
from uuid import UUID

from libs.common.schedules import Schedule
from libs.common.uow import OpenUow
from services.sender.clients.mailbox import Mailbox
from services.sender.repositories import mailboxes
from services.sender.use_cases.look_up_unknown import look_up_all_unknown
from services.sender.use_cases.open_mailbox import Opener


def resolve_schedules(open_uow: OpenUow, opener: Opener) -> Sequence[Schedule]:
    """Every minute: what a provider does not show at first it may show a little later."""

    async def open_mailbox(mailbox_id: UUID) -> Mailbox | None:
        async with open_uow() as uow:
            view = await mailboxes.load(uow.conn, mailbox_id)
        return (await opener.open(view)).mailbox if view else None

    async def look_up_unknown() -> None:
        await look_up_all_unknown(open_uow, open_mailbox)

    return [Schedule("look_up_unknown", 60, look_up_unknown)]
