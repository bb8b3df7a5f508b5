"""Somebody asked for a mail to an address: whoever reads its mail is written to, if there is an account to write about."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from libs.common.uow import OpenUow, UnitOfWork
from services.gateway.domain import proofs as words
from services.gateway.domain.digests import digest_of
from services.gateway.domain.mails import Words
from services.gateway.domain.sessions import MAILED_TOKEN_LIFETIME, User
from services.gateway.repositories import mails, proofs, users
from services.gateway.repositories.proofs import MailRequest

MOST_IN_A_RUN = 100


@dataclass(frozen=True)
class ProofPages:
    """The web app's pages that the mails lead to, without the token."""

    reset: str
    confirm: str
    sign_in: str


async def mail_proofs(*, pages: ProofPages, now: datetime, open_uow: OpenUow) -> int:
    """Key: the request, which is taken out as its mail is queued. Answers how many there were.

    It is done here, and not where it was asked for, so that asking takes as long whether or not the address is anybody's.
    """
    for done in range(MOST_IN_A_RUN):
        async with open_uow() as uow:
            request = await proofs.take_request(uow.conn)
            if request is None:
                return done
            found = await users.find_credentials(uow.conn, email=request.email)
            if found is not None:
                told = await _words(request, found.user, pages=pages, now=now, uow=uow)
                source = f"{request.kind}:{request.id}"
                await mails.queue(uow.conn, told, source=source, addresses=[request.email], workspace_id=None)
    return MOST_IN_A_RUN


async def _words(request: MailRequest, user: User, *, pages: ProofPages, now: datetime, uow: UnitOfWork) -> Words:
    if request.kind == "signup" and (user.email_proved_at is not None or user.welcomed_at is not None):
        return words.known_already(page=pages.sign_in)
    token = secrets.token_urlsafe(32)
    await proofs.add_token(
        uow.conn,
        digest=digest_of(token),
        user_id=user.id,
        kind=request.kind,
        expires_at=now + MAILED_TOKEN_LIFETIME,
    )
    # Behind the `#`: neither a server's log nor a scanner of links gets to see or use it.
    page = pages.reset if request.kind == "recovery" else pages.confirm
    link = f"{page}#token_hash={token}&type={request.kind}"
    return words.reset_password(link=link) if request.kind == "recovery" else words.confirm_address(link=link)
