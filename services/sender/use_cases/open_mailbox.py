"""A mailbox is opened with its secrets, and kept open with a fresh access token. Nothing is asked within a transaction."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.keyring import Unreadable
from libs.common.uow import OpenUow
from services.sender.clients.instantly import Instantly
from services.sender.clients.mailbox import Mailbox, MailboxDown
from services.sender.clients.mailroom import Mailroom
from services.sender.clients.oauth import ConsentRevoked, OAuth, OAuthAway
from services.sender.domain.mailboxes.consent import EARLY
from services.sender.domain.mailboxes.dkim import Signer, read_key
from services.sender.domain.mailboxes.mailbox import MailboxView, Secrets
from services.sender.repositories import hand_overs, mailbox_secrets
from services.sender.repositories.workspaces import database_now
from services.sender.use_cases.take_consent import changed_grant


@dataclass(frozen=True)
class Opened:
    """A connection to a mailbox (not made yet), and what its mail is signed with."""

    mailbox: Mailbox
    signer: Signer | None


@dataclass(frozen=True)
class Opener:
    """Opens mailboxes for the sending loops and for people who try one."""

    open_uow: OpenUow
    mailroom: Mailroom
    oauth: OAuth

    async def open(self, view: MailboxView) -> Opened:
        """Raises MailboxDown when its secrets cannot be read, Conflict `mailbox_unusable`."""
        secrets = await self._unsealed(view)
        opened = self.mailroom.open(view, secrets, token=self._token_of(view), ref_of=self._ref_of(view))
        return Opened(opened, signer_of(view, secrets))

    async def instantly(self, view: MailboxView) -> Instantly:
        """To keep campaigns there. Raises as `open`."""
        return self.mailroom.instantly(view, await self._unsealed(view))

    async def _unsealed(self, view: MailboxView) -> Secrets:
        async with self.open_uow() as uow:
            sealed = await mailbox_secrets.load_sealed(uow.conn, view.id)
        try:
            return self.mailroom.ring.open(sealed, view.id) if sealed else Secrets()
        except Unreadable as error:
            raise MailboxDown(error.message) from error

    def _ref_of(self, view: MailboxView) -> Callable[[UUID], Awaitable[str | None]]:
        async def ref(campaign_id: UUID) -> str | None:
            async with self.open_uow() as uow:
                return await hand_overs.ref_of(uow.conn, campaign_id=campaign_id, mailbox_id=view.id)

        return ref

    def _token_of(self, view: MailboxView) -> Callable[[], Awaitable[str]] | None:
        if view.server is None or view.server.signs_in_with not in {"google", "microsoft"}:
            return None

        async def token() -> str:
            return await self.access_token(view)

        return token

    async def access_token(self, view: MailboxView) -> str:
        """One that still lives for a while. Raises MailboxDown; `consent_revoked` is for the person to mend."""
        async with self.open_uow() as uow:
            now = await database_now(uow.conn)
            secrets = await self._secrets(view.id, uow.conn)
        if secrets.access_until > (now + EARLY).timestamp():
            return secrets.access_token
        assert view.server is not None
        provider = "google" if view.server.signs_in_with == "google" else "microsoft"
        try:
            grant = await self.oauth.refresh(provider, refresh_token=secrets.refresh_token)
        except ConsentRevoked as error:
            raise MailboxDown(error.message, pause="consent_revoked") from error
        except OAuthAway as error:
            raise MailboxDown(error.message) from error
        await self._keep(view.id, secrets, changed_grant(secrets, grant, now=now))
        return grant.access_token

    async def _keep(self, mailbox_id: UUID, used: Secrets, fresh: Secrets) -> None:
        """Unless somebody has connected the mailbox anew meanwhile: then theirs are newer."""
        async with self.open_uow() as uow:
            sealed = await mailbox_secrets.load_sealed(uow.conn, mailbox_id, lock=True)
            stored = self.mailroom.ring.open(sealed, mailbox_id) if sealed else None
            if stored is None or stored.refresh_token != used.refresh_token:
                return
            kept = replace(fresh, dkim_rsa=stored.dkim_rsa, dkim_ed25519=stored.dkim_ed25519)
            await mailbox_secrets.seal(uow.conn, mailbox_id, self.mailroom.ring.seal(kept, mailbox_id))

    async def _secrets(self, mailbox_id: UUID, conn: AsyncConnection) -> Secrets:
        sealed = await mailbox_secrets.load_sealed(conn, mailbox_id)
        if sealed is None:
            msg = "the mailbox has no consent any more: connect it again"
            raise MailboxDown(msg, pause="consent_revoked")
        try:
            return self.mailroom.ring.open(sealed, mailbox_id)
        except Unreadable as error:
            raise MailboxDown(error.message) from error


def signer_of(view: MailboxView, secrets: Secrets) -> Signer | None:
    """What the mailbox's mail is signed with; None where it has no key."""
    if view.dkim is None or not secrets.dkim_rsa or view.has_api:
        return None
    names = selectors_of(view.dkim.selector)
    return Signer(
        view.domain, list(zip(names, (read_key(secrets.dkim_rsa), read_key(secrets.dkim_ed25519)), strict=True))
    )


def selectors_of(selector: str) -> tuple[str, str]:
    """The names of the RSA and of the Ed25519 key in DNS: one name holds one key."""
    return f"{selector}r", f"{selector}e"
