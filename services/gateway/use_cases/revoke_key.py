"""An API key is to serve no more: its maker says so, or somebody who manages members."""

from datetime import datetime
from uuid import UUID

from libs.common.contracts.gateway import AccessEnded
from libs.common.errors import NotFound
from libs.common.uow import UnitOfWork
from services.gateway.domain.callers import Caller
from services.gateway.domain.permissions import may
from services.gateway.repositories import api_keys


async def revoke_key(caller: Caller, key_id: UUID, *, now: datetime, uow: UnitOfWork) -> None:
    """From the next request on, and streams that it holds open end. Revoking it again changes nothing.

    Raises NotFound `key_not_found`: the same for one of another workspace, of a colleague whose keys are none of the
    caller's business, and for none.
    """
    key = await api_keys.load(uow.conn, caller.workspace_id, key_id=key_id)
    if key is None or not (key.user_id == caller.user_id or may(caller.role, "members")):
        raise NotFound(f"there is no API key {key_id}", code="key_not_found")
    await api_keys.revoke(uow.conn, key_id, now=now)
    ended = AccessEnded(workspace_id=caller.workspace_id, user_id=key.user_id, key_id=key_id)
    uow.publish(ended, tenant_id=caller.workspace_id, correlation_id=key_id)
