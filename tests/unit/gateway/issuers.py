"""A pretend Supabase Auth: its keys, its key set over HTTP, and the tokens it issues."""

from __future__ import annotations

import asyncio
import base64
import time
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

ISSUER = "https://project.supabase.example/auth/v1"
EC_KEY = ec.generate_private_key(ec.SECP256R1())
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def jwk_of(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, kid: str) -> dict[str, Any]:
    """The public half, as a key set holds it."""
    if isinstance(key, rsa.RSAPrivateKey):
        return {**RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid, "alg": "RS256", "use": "sig"}
    return {**ECAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid, "alg": "ES256", "use": "sig"}


def claims(**more: Any) -> dict[str, Any]:
    """What Supabase Auth says of a user. A claim that is None is left out."""
    now = int(time.time())
    said = {
        "iss": ISSUER,
        "aud": "authenticated",
        "sub": str(uuid4()),
        "iat": now,
        "exp": now + 3600,
        "email": "ada@elsewhere.example",
        "phone": "",
        "role": "authenticated",
        "session_id": str(uuid4()),
        "aal": "aal1",
        "is_anonymous": False,
        "app_metadata": {"provider": "email", "role": "owner", "roles": ["admin"]},
        "user_metadata": {"email_verified": True, "role": "owner"},
        **more,
    }
    return {name: value for name, value in said.items() if value is not None}


def token(key: Any = EC_KEY, *, algorithm: str = "ES256", kid: str | None = "one", **more: Any) -> str:
    """Signed by one of its keys; `header` and claims on top."""
    header = {**({} if kid is None else {"kid": kid}), **more.pop("header", {})}
    return jwt.encode(claims(**more), key, algorithm=algorithm, headers=header)


def unsigned(header: bytes, *, signature: bytes = b"") -> str:
    """A token of these very bytes."""
    body = jwt.encode(claims(), "x" * 32, algorithm="HS256").split(".")[1]
    return f"{_part(header)}.{body}.{_part(signature)}"


def _part(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass
class KeySet(httpx.AsyncBaseTransport):
    """The key set's server. It counts what it is asked, and may be away, slow, or answer with something else."""

    keys: list[dict[str, Any]] = field(default_factory=lambda: [jwk_of(EC_KEY, "one"), jwk_of(RSA_KEY, "two")])
    asked: list[str] = field(default_factory=list)
    away: bool = False
    answer: httpx.Response | None = None
    gate: asyncio.Event | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url))
        if self.gate is not None:
            await self.gate.wait()
        if self.away:
            msg = "nobody answers"
            raise httpx.ConnectError(msg)
        return self.answer or httpx.Response(200, json={"keys": self.keys})
