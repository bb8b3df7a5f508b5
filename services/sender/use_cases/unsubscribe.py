"""Somebody wants no more mail from a workspace: by the link in a mail, or by their mail provider's button."""

from libs.common import tombstones
from libs.common.uow import OpenUow
from services.sender.domain.unsubscribing import Unsubscribing
from services.sender.repositories import planning
from services.sender.use_cases.suppress_address import suppress_address


async def unsubscribe(told: Unsubscribing, *, open_uow: OpenUow, one_click: bool) -> None:
    """Holds for every send that begins after this returns. Key: (workspace, address); again, it changes nothing.

    It asks nothing of campaign, list or lead: they may be deleted by now. Where the workspace itself is, nobody is written to,
    and nothing is written down.
    """
    proof = {
        "source": "one_click" if one_click else "link",
        "email_id": str(told.email_id),
        "lead_id": str(told.lead_id),
    }
    async with open_uow() as uow:
        if await tombstones.is_deleted(uow.conn, uow.deleted_workspaces, told.workspace_id):
            return
        await suppress_address(
            uow, workspace_id=told.workspace_id, address=told.address, reason="unsubscribed", proof=proof
        )
    # In a transaction of its own: a planner at work would keep the one above waiting.
    async with open_uow() as uow:
        await planning.ask(uow.conn, told.workspace_id)
