"""Prove who you are with a password."""

from libs.common.errors import Unauthenticated
from libs.common.uow import OpenUow
from services.gateway.clients.passwords import verify_password
from services.gateway.domain.members import Member
from services.gateway.repositories import members


async def sign_in(*, email: str, password: str, open_uow: OpenUow) -> Member:
    """The member behind an address and password. Raises Unauthenticated, which never says which of the two was wrong."""
    async with open_uow() as uow:
        credentials = await members.find_credentials(uow.conn, email=email)
    matches = await verify_password(password, credentials.password_hash if credentials else None)
    if credentials is not None and matches:
        async with open_uow() as uow:
            member = await members.find_member(uow.conn, user_id=credentials.user_id)
        if member is not None:
            return member
    msg = "the email address or the password is wrong"
    raise Unauthenticated(msg, code="credentials_wrong")
