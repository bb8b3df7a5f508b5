"""Which mailboxes a campaign's leads are shared out among."""

from collections.abc import Sequence
from uuid import UUID

from libs.common.errors import Conflict, NotFound
from libs.common.uow import UnitOfWork
from services.sender.domain.entitlements import check_mailboxes
from services.sender.domain.mailboxes.account import HANDING_OVER
from services.sender.repositories import entitlements, mailboxes

MOST = 50


async def choose_mailboxes(
    uow: UnitOfWork, *, workspace_id: UUID, wanted: Sequence[UUID], house_id: UUID | None, sandboxed: bool
) -> list[UUID]:
    """Those that are wanted; by default all of the workspace's own that fit the list, and where there is none the settings'.

    Made-up rows fit the sandbox alone. All others fit real mailboxes, and the sandbox where the workspace has nothing else.
    One that schedules by itself is only taken where it is wanted.

    Raises NotFound (mailbox_not_found), Conflict (mailbox_missing).
    """
    own = await mailboxes.own(uow.conn, workspace_id)
    if wanted:
        known = {view.id for view in own} | ({house_id} if house_id else set())
        for mailbox_id in wanted:
            if mailbox_id not in known:
                raise NotFound(f"the workspace has no mailbox {mailbox_id}", code="mailbox_not_found")
        return list(dict.fromkeys(wanted))
    ready = [view for view in own if view.provider not in HANDING_OVER]
    alike = [view.id for view in ready if view.sandboxed == sandboxed]
    fitting = (alike or [view.id for view in ready if not sandboxed])[:MOST]
    if not fitting and house_id is None:
        msg = "there is no mailbox: bring one, or have the operator set SMTP_URL and MAIL_FROM"
        raise Conflict(msg, code="mailbox_missing")
    return fitting or [house_id] if house_id else fitting


async def check_plan(uow: UnitOfWork, workspace_id: UUID, mailbox_id: UUID) -> None:
    """The workspace's own mailboxes count, and the settings' where a campaign sends through it.

    Raises Conflict (mailboxes_reached) for a plan with less.
    """
    own = {view.id for view in await mailboxes.own(uow.conn, workspace_id)}
    used = len(own) + (mailbox_id not in own)
    check_mailboxes(await entitlements.mailboxes_of(uow.conn, workspace_id), used=used)
