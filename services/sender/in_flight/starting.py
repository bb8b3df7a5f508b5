"""Puts the sending loops of a process together."""

from uuid import UUID

from libs.common.platform import Platform
from services.sender.in_flight.outlets import Outlets
from services.sender.in_flight.supervisor import Places, Supervisor
from services.sender.post_office import PostOffice
from services.sender.schedules import plan_workspace
from services.sender.settings import SenderSettings
from services.sender.use_cases.send_context import HouseContext


def supervisor_of(
    settings: SenderSettings, platform: Platform, context: HouseContext, office: PostOffice
) -> Supervisor:
    """What starts and ends the sending loops of this process."""

    async def plan(workspace_id: UUID) -> bool:
        return await plan_workspace(context, workspace_id)

    outlets = Outlets(context, office.opener, plan=plan, stopping=platform.stopping)
    places = Places(settings.smtp_connections, settings.smtp_connections_total, settings.send_batch_size)
    return Supervisor(
        platform.open_uow,
        outlets.run,
        places=places,
        call_s=context.timing.call_s,
        clock=context.clock,
        listener=platform.listener,
        stopping=platform.stopping,
    )
