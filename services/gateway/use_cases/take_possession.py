"""An account turns out to be somebody's: whoever was in it before is out."""

from datetime import datetime
from uuid import UUID

from libs.common.contracts.gateway import AccessEnded
from libs.common.uow import UnitOfWork
from services.gateway.repositories import api_keys, sessions


async def take_possession(user_id: UUID, *, now: datetime, uow: UnitOfWork) -> None:
    """All sessions end, and all API keys are revoked: nobody knows who made them. The password is the caller's to replace."""
    await sessions.end_sessions(uow.conn, user_id, scope="global", session_id=None, now=now)
    for key in await api_keys.revoke_everywhere(uow.conn, user_id, now=now):
        ended = AccessEnded(workspace_id=key.workspace_id, user_id=user_id, key_id=key.id)
        uow.publish(ended, tenant_id=key.workspace_id, correlation_id=key.id)
