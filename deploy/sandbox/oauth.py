"""Google's and Microsoft's authorisation servers, as far as sending mail needs them: consent with PKCE, tokens, revocation.

Their own words on the wire: Google refreshes without a new refresh token and says `Bad Request`, Microsoft gives a new one each
time and says `AADSTS…`.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, urlencode

import orjson

from deploy.sandbox.render import page
from deploy.sandbox.web import Answer, Request, html_answer, json_answer

if TYPE_CHECKING:
    from deploy.sandbox.state import Sandbox

PREFIX: Final = "/oauth/"
_CODE_S: Final = 600
_REMEMBERED: Final = 10_000
_NEEDED: Final = ("client_id", "redirect_uri", "scope", "state", "code_challenge")
_AADSTS: Final = {"expired": 70008, "revoked": 50173, "verifier": 501481, "client": 7000215}
_WORDS: Final = {
    "expired": "The provided authorization code or refresh token has expired due to inactivity.",
    "revoked": "The provided grant has expired due to it being revoked, a fresh auth token is needed.",
    "verifier": "The Code_Verifier does not match the code_challenge supplied in the authorization request.",
    "client": "Invalid client secret provided.",
}


@dataclass(slots=True)
class Code:
    """What a person has allowed, until it is fetched."""

    asked: dict[str, str]
    account: str
    until: float


@dataclass(slots=True)
class Desk:
    """Codes, tokens and who they are for. A token is good until its time is over or its account revokes everything."""

    lives_s: int = 3599
    codes: dict[str, Code] = field(default_factory=dict[str, Code])
    access: dict[str, tuple[str, float]] = field(default_factory=dict[str, "tuple[str, float]"])
    refresh: dict[str, str] = field(default_factory=dict[str, str])

    def is_good(self, account: str, token: str) -> bool:
        """Whether a mail door lets the account in with this token."""
        owner, until = self.access.get(token, ("", 0.0))
        return owner == account.lower() and until > time.time()

    def revoke(self, account: str) -> None:
        """As a person does on the provider's security page: nothing of ours works any more."""
        self.access = {token: held for token, held in self.access.items() if held[0] != account}
        self.refresh = {token: owner for token, owner in self.refresh.items() if owner != account}

    def grant(self, account: str) -> str:
        """A fresh access token."""
        token = f"ya29.{secrets.token_urlsafe(24)}"
        self.access[token] = (account, time.time() + self.lives_s)
        if len(self.access) > _REMEMBERED:
            self.access.pop(next(iter(self.access)))
        return token


def answer(request: Request, box: Sandbox) -> Answer | None:
    """The answer to `/oauth/<provider>/…`; None for any other path."""
    if not request.path.startswith(PREFIX):
        return None
    provider, _, what = request.path.removeprefix(PREFIX).partition("/")
    if provider not in {"google", "microsoft"}:
        return None
    match (request.method, what):
        case ("GET", "authorize"):
            return _ask(provider, request)
        case ("GET", "allow"):
            return _allow(request, box.oauth)
        case ("POST", "token"):
            return _token(provider, request, box.oauth)
        case ("POST", "revoke"):
            box.oauth.revoke(dict(parse_qsl(request.body.decode("latin-1"))).get("account", "").lower())
            return json_answer({})
        case _:
            return None


def _ask(provider: str, request: Request) -> Answer:
    asked = dict(parse_qsl(request.query_string.decode("latin-1")))
    missing = [name for name in _NEEDED if not asked.get(name)]
    if missing or asked.get("response_type") != "code" or asked.get("code_challenge_method") != "S256":
        told = f"Error 400: invalid_request. Missing or wrong: {', '.join(missing) or 'response_type'}"
        return html_answer(page("oauth.html", provider=provider, problem=told, asked={}, allow="", deny=""), status=400)
    allow = f"allow?{urlencode(asked)}"
    deny = f"{asked['redirect_uri']}?{urlencode({'error': 'access_denied', 'state': asked['state']})}"
    return html_answer(page("oauth.html", provider=provider, problem="", asked=asked, allow=allow, deny=deny))


def _allow(request: Request, desk: Desk) -> Answer:
    asked = dict(parse_qsl(request.query_string.decode("latin-1")))
    code = f"4/{secrets.token_urlsafe(24)}"
    account = (asked.get("account") or asked.get("login_hint") or "demo@gmail.example").lower()
    desk.codes[code] = Code(asked, account, time.time() + _CODE_S)
    back = f"{asked.get('redirect_uri', '')}?{urlencode({'code': code, 'state': asked.get('state', '')})}"
    return Answer(302, b"", headers=((b"location", back.encode("latin-1", "replace")),))


def _token(provider: str, request: Request, desk: Desk) -> Answer:
    form = dict(parse_qsl(request.body.decode("latin-1")))
    if not form.get("client_id") or not form.get("client_secret"):
        return _no(provider, "invalid_client", "client", status=401)
    if form.get("grant_type") == "authorization_code":
        return _exchange(provider, form, desk)
    if form.get("grant_type") != "refresh_token":
        return _no(provider, "unsupported_grant_type", "expired")
    account = desk.refresh.get(form.get("refresh_token", ""))
    if account is None:
        return _no(provider, "invalid_grant", "revoked")
    scope = form.get("scope", "")
    return _yes(provider, desk, account, scope=scope, with_refresh=provider == "microsoft")


def _exchange(provider: str, form: Mapping[str, str], desk: Desk) -> Answer:
    code = desk.codes.pop(form.get("code", ""), None)
    if code is None or code.until < time.time() or code.asked.get("redirect_uri") != form.get("redirect_uri"):
        return _no(provider, "invalid_grant", "expired")
    digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != code.asked.get("code_challenge"):
        return _no(provider, "invalid_grant", "verifier")
    scope = code.asked["scope"]
    offline = code.asked.get("access_type") == "offline" if provider == "google" else "offline_access" in scope
    return _yes(provider, desk, code.account, scope=scope, with_refresh=offline)


def _yes(provider: str, desk: Desk, account: str, *, scope: str, with_refresh: bool) -> Answer:
    told: dict[str, object] = {
        "access_token": desk.grant(account),
        "expires_in": desk.lives_s,
        "scope": scope,
        "token_type": "Bearer",
    }
    if with_refresh:
        token = f"1//{secrets.token_urlsafe(24)}"
        desk.refresh[token] = account
        told["refresh_token"] = token
    if "openid" in scope:
        claims = {"email": account} if provider == "google" else {"preferred_username": account}
        told["id_token"] = _unsigned({"aud": "sandbox", "iss": provider, **claims})
    return json_answer(told)


def _unsigned(claims: Mapping[str, str]) -> str:
    parts = (orjson.dumps({"alg": "none"}), orjson.dumps(claims), b"sandbox")
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def _no(provider: str, error: str, why: str, *, status: int = 400) -> Answer:
    if provider == "google":
        words = "Unauthorized" if error == "invalid_client" else "Token has been expired or revoked."
        return json_answer({"error": error, "error_description": words}, status=status)
    number = _AADSTS[why]
    body = {
        "error": error,
        "error_description": f"AADSTS{number}: {_WORDS[why]}\r\nTrace ID: 00000000-0000-0000-0000-000000000000",
        "error_codes": [number],
        "trace_id": "00000000-0000-0000-0000-000000000000",
    }
    return json_answer(body, status=status)
