"""Prove who you are with an access token, and in which workspace you want to work."""

from datetime import datetime
from uuid import UUID

from libs.common.errors import Forbidden, NotFound, Unauthenticated
from libs.common.ids import new_id
from libs.common.uow import OpenUow
from services.gateway.domain.callers import Caller
from services.gateway.domain.requests import FREE, Admitted, Toll
from services.gateway.domain.tokens import Vouched, invalid
from services.gateway.repositories import standings, users
from services.gateway.repositories.standings import Standing
from services.gateway.use_cases.welcome_user import welcome_user


async def authenticate_user(
    vouched: Vouched,
    *,
    own: bool,
    workspace_id: UUID | None,
    toll: Toll = FREE,
    now: datetime,
    open_uow: OpenUow,
) -> Admitted:
    """The caller of whom an issuer vouches for: `own` says that it is ourselves. Without a workspace it is the one they
    joined first. On the first request of all there comes to be one, once. Their request is counted, and not held to that.

    Raises Unauthenticated `session_ended` or `token_invalid`, NotFound `workspace_not_found`, Forbidden `no_workspace`.
    """
    session_id = vouched.session_id if own else None
    if own and session_id is None:
        raise invalid()

    async def look() -> Standing | None:
        async with open_uow.alone() as conn:
            return await standings.find_standing(
                conn, vouched.user_id, workspace_id=workspace_id, session_id=session_id, toll=toll
            )

    found = await look()
    if own and found is None:
        raise invalid()
    if found is not None and not found.session_open:
        msg = "the session has ended: sign in again"
        raise Unauthenticated(msg, code="session_ended")
    if found is None or not found.welcomed:
        async with open_uow() as uow:
            await welcome_user(vouched, own=own, workspace_id=new_id(), now=now, uow=uow)
        found = await look()
        assert found is not None
    if not own and found.email != vouched.email:
        async with open_uow() as uow:
            await users.change_email(uow.conn, vouched.user_id, email=vouched.email)
    return Admitted(_caller(vouched, found, own=own, named=workspace_id is not None), found.counted)


def not_there() -> NotFound:
    """The same for a workspace of others and for one that does not exist."""
    msg = "you are no member of a workspace with this id: leave X-Workspace-Id out, or see GET /v1/workspaces"
    return NotFound(msg, code="workspace_not_found")


def _caller(vouched: Vouched, found: Standing, *, own: bool, named: bool) -> Caller:
    if found.workspace_id is None or found.role is None:
        if named:
            raise not_there()
        msg = "you are no member of any workspace any more: ask for an invitation"
        raise Forbidden(msg, code="no_workspace")
    return Caller(
        workspace_id=found.workspace_id,
        user_id=vouched.user_id,
        email=found.email if own else vouched.email,
        role=found.role,
        email_proved=found.email_proved if own else vouched.email_proved,
        session_id=vouched.session_id if own else None,
        until=vouched.until,
    )
