"""What happens at an account stands in the audit log of its owner's workspaces: signing in and out, a new password, and what
others try in vain."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from libs.common.uow import UnitOfWork
from services.gateway.api.access import CurrentResources
from services.gateway.api.auditing import sighting_of
from services.gateway.domain.sessions import User
from services.gateway.repositories import audit
from services.gateway.witness import Witness


class AccountLog:
    """Of one request."""

    def __init__(self, request: Request, witness: Witness) -> None:
        self._request = request
        self._witness = witness

    async def write(self, uow: UnitOfWork, user: User, *, status: int = 200, **also: str) -> None:
        """What the account's owner does, in the transaction that does it."""
        seen = sighting_of(self._request, status=status, also=also)
        await audit.add_at_account(uow.conn, seen, user_id=user.id, email=user.email)

    async def write_reuse(self, uow: UnitOfWork, user: User, session_id: UUID) -> None:
        """A refresh token came back after its use, in the transaction that ends the session: stolen, or used by its thief."""
        await self.write(uow, user, status=400, reason="refresh_token_already_used", ended_session=str(session_id))

    def tried(self, email: str, *, status: int) -> None:
        """What anybody may try: it is looked up whose address it is, and written down, once this is answered."""
        self._witness.see(email, sighting_of(self._request, status=status))


def account_log(request: Request, resources: CurrentResources) -> AccountLog:
    """For routes below /auth/v1."""
    return AccountLog(request, resources.witness)


CurrentLog = Annotated[AccountLog, Depends(account_log)]
