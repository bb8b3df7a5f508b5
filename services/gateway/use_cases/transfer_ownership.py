"""An owner hands the workspace to somebody else of it."""

from uuid import UUID

from libs.common.errors import Forbidden
from libs.common.uow import UnitOfWork
from services.gateway.domain.callers import Caller
from services.gateway.domain.membership import check_member
from services.gateway.repositories import memberships, workspaces


async def transfer_ownership(caller: Caller, user_id: UUID, *, uow: UnitOfWork) -> None:
    """The other is owner then, and the caller an admin. Handing it to oneself changes nothing.

    Raises NotFound `member_not_found`, Forbidden `owners_only` for who has ceased to be one.
    """
    conn, workspace_id = uow.conn, caller.workspace_id
    await workspaces.load(conn, workspace_id, lock=True)
    actor = await memberships.standing_of(conn, workspace_id, user_id=caller.user_id)
    if actor is None or actor.role != "owner":
        raise Forbidden("only an owner may hand the workspace over", code="owners_only")
    check_member(await memberships.standing_of(conn, workspace_id, user_id=user_id), user_id=user_id)
    await memberships.change_role(conn, workspace_id, user_id=caller.user_id, role="admin")
    await memberships.change_role(conn, workspace_id, user_id=user_id, role="owner")
