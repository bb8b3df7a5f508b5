"""Google's and Microsoft's token endpoints: a code becomes tokens, a refresh token becomes a fresh access token."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Final

import httpx
from pydantic import Field, StringConstraints

from libs.common import metrics
from libs.common.errors import Conflict, Transient
from services.sender.clients.http_call import Answer, Shape, read
from services.sender.clients.words import storable
from services.sender.domain.mailboxes.consent import Grant, authorize_url, grant_of
from services.sender.domain.mailboxes.presets import OAuthProvider

_OK: Final = 200
_SPENT: Final = frozenset({"invalid_grant", "interaction_required", "consent_required", "login_required"})
"""The consent, or the code, is not good any more: only the person can help (RFC 6749, 5.2)."""
_LONGEST_S: Final = 366 * 86_400


class ConsentRevoked(Conflict):
    """The provider does not let us send for the person any more, or the code was used before."""

    code = "consent_revoked"


class OAuthAway(Transient):
    """The provider cannot be asked now, or refuses our own registration."""

    code = "oauth_away"


@dataclass(frozen=True)
class OAuthApp:
    """Our registration with a provider, and where it is asked."""

    provider: OAuthProvider
    client_id: str
    client_secret: str = field(repr=False)
    authorize_base: str
    token_url: str
    sandboxed: bool = False


class _Token(Shape):
    """A token that can be written into a header, and for how long it is good."""

    access_token: Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]+$")]
    expires_in: Annotated[float, Field(ge=0, le=_LONGEST_S)] | None = None
    refresh_token: str | None = None
    id_token: str | None = None
    scope: str | None = None


class _Refusal(Shape):
    """RFC 6749, 5.2."""

    error: str
    error_description: str = ""


class OAuth:
    """The apps of this installation."""

    def __init__(self, apps: Mapping[OAuthProvider, OAuthApp], *, redirect_uri: str, http: httpx.AsyncClient) -> None:
        self._apps = apps
        self._redirect_uri = redirect_uri
        self._http = http

    def app_of(self, provider: OAuthProvider) -> OAuthApp:
        """Raises Conflict `oauth_off` where the operator has not registered one."""
        app = self._apps.get(provider)
        if app is None:
            name = provider.upper()
            msg = f"this installation has no app with {provider}: its operator has to set {name}_CLIENT_ID and …_SECRET"
            raise Conflict(msg, code="oauth_off")
        return app

    def authorize_url(self, provider: OAuthProvider, *, state: str, verifier: str, address: str) -> str:
        """Where the person gives consent. Raises Conflict `oauth_off`."""
        app = self.app_of(provider)
        return authorize_url(
            provider,
            base=app.authorize_base,
            client_id=app.client_id,
            redirect_uri=self._redirect_uri,
            state=state,
            verifier=verifier,
            address=address,
        )

    async def exchange(self, provider: OAuthProvider, *, code: str, verifier: str) -> Grant:
        """Raises ConsentRevoked for a code that is not good, OAuthAway."""
        asked = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "code_verifier": verifier,
        }
        return await self._ask(self.app_of(provider), asked)

    async def refresh(self, provider: OAuthProvider, *, refresh_token: str) -> Grant:
        """Raises ConsentRevoked, OAuthAway."""
        asked = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return await self._ask(self.app_of(provider), asked)

    async def _ask(self, app: OAuthApp, asked: dict[str, str]) -> Grant:
        form = {**asked, "client_id": app.client_id, "client_secret": app.client_secret}
        request = self._http.build_request("POST", app.token_url, data=form, headers={"Accept": "application/json"})
        outcome = "failed"
        try:
            answer = await read(self._http, request)
            if answer.status == _OK and (token := answer.read(_Token)):
                outcome = "ok"
                return grant_of(token.model_dump(exclude_none=True))
        except (httpx.HTTPError, OSError) as error:
            msg = f"{app.provider} cannot be asked for a token now ({type(error).__name__}): try again in a moment"
            raise OAuthAway(msg) from error
        finally:
            metrics.PROVIDER_CALLS.labels(f"oauth_{app.provider}", outcome).inc()
        raise _refused(app, answer)


def _refused(app: OAuthApp, answer: Answer) -> ConsentRevoked | OAuthAway:
    """What the provider said, without what was sent."""
    said = answer.read(_Refusal) or _Refusal(error=str(answer.status))
    name = storable(said.error)[:60]
    if name in _SPENT:
        words = storable(said.error_description)[:200].splitlines()
        detail = f": {words[0]}" if words else ""
        return ConsentRevoked(
            f"{app.provider} does not accept the consent any more ({name}{detail}). Connect the mailbox again."
        )
    return OAuthAway(f"{app.provider} gives no token ({name}): its operator should check the registration of the app")
