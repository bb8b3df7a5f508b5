"""A person wants to connect a mailbox without a password: send them to Google or Microsoft."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from itsdangerous import BadData, URLSafeSerializer

from libs.common.errors import Conflict, Invalid
from libs.common.http.identity import SIGNED_BY
from libs.common.ids import new_id
from libs.common.uow import UnitOfWork
from services.sender.clients.oauth import OAuth
from services.sender.clients.secrets import SecretsRing
from services.sender.domain.addresses import normalise
from services.sender.domain.mailboxes.consent import LIFETIME, Consent
from services.sender.domain.mailboxes.presets import OAuthProvider
from services.sender.domain.message import safe_header
from services.sender.repositories import consents
from services.sender.use_cases.change_mailbox import own_mailbox

_LABEL = b"corofy oauth state v1"


@dataclass(frozen=True)
class ConsentWish:
    """Whom to ask. `mailbox_id`: a mailbox of the workspace is connected anew, and its address counts."""

    provider: OAuthProvider
    address: str = ""
    name: str = ""
    mailbox_id: UUID | None = None


@dataclass(frozen=True)
class OAuthDesk:
    """What consents are asked with. `secret` signs the state that goes there and back."""

    oauth: OAuth
    ring: SecretsRing
    secret: str

    def state_of(self, consent_id: UUID) -> str:
        return self._signer.dumps(consent_id.hex)

    def consent_of(self, state: str) -> UUID:
        """Raises Invalid `state_invalid` for a state that is none of ours."""
        try:
            return UUID(self._signer.loads(state))
        except (BadData, ValueError, AttributeError, TypeError) as error:
            msg = "this did not begin here: connect the mailbox again from its page"
            raise Invalid(msg, code="state_invalid") from error

    @property
    def _signer(self) -> URLSafeSerializer:
        return URLSafeSerializer(self.secret, salt=_LABEL, signer_kwargs=SIGNED_BY)


async def ask_consent(wish: ConsentWish, *, uow: UnitOfWork, workspace_id: UUID, desk: OAuthDesk, now: datetime) -> str:
    """The address of the provider's page. Raises Conflict (oauth_off, sealing_off, signs_in_elsewhere), NotFound
    (mailbox_not_found), Invalid (invalid_address, unsafe_header)."""
    address = normalise(wish.address) if wish.mailbox_id is None else await _address_of(uow, wish, workspace_id)
    consent = Consent(
        id=new_id(),
        workspace_id=workspace_id,
        provider=wish.provider,
        address=address,
        name=safe_header("From", wish.name),
        mailbox_id=wish.mailbox_id,
        expires_at=now + LIFETIME,
        used_at=None,
    )
    verifier = secrets.token_urlsafe(48)
    url = desk.oauth.authorize_url(
        wish.provider, state=desk.state_of(consent.id), verifier=verifier, address=consent.address
    )
    await consents.add(uow.conn, consent, sealed=desk.ring.seal_verifier(verifier, consent.id))
    return url


async def _address_of(uow: UnitOfWork, wish: ConsentWish, workspace_id: UUID) -> str:
    assert wish.mailbox_id is not None
    found = await own_mailbox(uow, wish.mailbox_id, workspace_id=workspace_id)
    if found.server is None or found.server.signs_in_with != wish.provider:
        msg = f"this mailbox does not sign in with {wish.provider}: add another one"
        raise Conflict(msg, code="signs_in_elsewhere")
    return found.address
