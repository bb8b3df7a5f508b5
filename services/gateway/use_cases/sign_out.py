"""Leave: this session, the others, or all of them."""

from datetime import datetime
from uuid import UUID

from libs.common.uow import UnitOfWork
from services.gateway.domain.sessions import Scope
from services.gateway.repositories import sessions


async def sign_out(user_id: UUID, *, session_id: UUID, scope: Scope, now: datetime, uow: UnitOfWork) -> None:
    """What has ended is refused from the next request on, access tokens included."""
    await sessions.end_sessions(uow.conn, user_id, scope=scope, session_id=session_id, now=now)
