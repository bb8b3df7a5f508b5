"""Under which name, from where and how many a day a workspace sends."""

from dataclasses import asdict

from fastapi import APIRouter

from libs.common.http.dependencies import Uow
from libs.common.http.etags import NOT_MODIFIED, Guarded, Tagged
from libs.common.http.identity import AdminIdentity, CurrentIdentity
from libs.common.http.problems import PROBLEM_RESPONSES
from services.sender.api.resources import CurrentResources, Resources
from services.sender.repositories.sending_settings import SendingSettings, load_settings
from services.sender.schemas.sending_settings import SendingSettingsIn, SendingSettingsOut
from services.sender.use_cases.change_sending_settings import change_sending_settings

router = APIRouter(prefix="/v1/sending", responses=PROBLEM_RESPONSES, tags=["sending"])


@router.get("/settings", responses=NOT_MODIFIED)
async def show(identity: CurrentIdentity, uow: Uow, resources: CurrentResources, tag: Tagged) -> SendingSettingsOut:
    """How the workspace sends, and the defaults for what it has not said. It has an `ETag`. 503
    workspace_pending just after it was made."""
    known = await load_settings(uow.conn, identity.workspace_id)
    return tag.on(_out(known, resources), settings=known)


@router.put("/settings")
async def change(
    body: SendingSettingsIn, identity: AdminIdentity, uow: Uow, resources: CurrentResources, guard: Guarded
) -> SendingSettingsOut:
    """Replace all of it; plans and mails follow from now on. Owners and admins only. 412
    settings_changed when `If-Match` is no longer their ETag."""
    await guard.hold(uow)
    known = await load_settings(uow.conn, identity.workspace_id)
    guard.check(known)
    told = SendingSettings(**body.model_dump(), time_zone=known.time_zone)
    await change_sending_settings(uow, told, workspace_id=identity.workspace_id)
    return guard.on(_out(told, resources), settings=told)


def _out(told: SendingSettings, resources: Resources) -> SendingSettingsOut:
    return SendingSettingsOut(
        **asdict(told),
        default_sender_name=resources.sender.name,
        default_postal_address=resources.sender.postal_address,
        default_daily_quota=resources.default_quota,
    )
