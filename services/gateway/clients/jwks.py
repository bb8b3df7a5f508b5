"""The public keys of another issuer (a JWK set, RFC 7517): fetched once, kept, fetched again when they have been rotated."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import jwt
import orjson
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from libs.common import metrics
from libs.common.errors import Transient
from libs.common.logs import get_logger

log = get_logger()

FRESH_S = 600
"""As long as Supabase's own edge keeps the set."""
LATE_S = 2 * FRESH_S
"""A set that has not been fetched for so long has not been asked for: it would have been fetched again in between."""
GOOD_S = 24 * 3600
"""Keys that could not be fetched again serve for so long: a token outlives an outage, not a revoked key."""
SELDOM_S = 30
"""Between two fetches, whatever key ids are asked for."""
_TIMEOUT_S = 5
_MAX_BYTES = 64 * 1024
_MIN_RSA_BITS = 2048
_ALGORITHMS = {"EC P-256": "ES256", "RSA ": "RS256"}
"""By type and curve of a key."""

PublicKey = EllipticCurvePublicKey | RSAPublicKey


class KeysUnavailable(Transient):
    """The issuer's keys are not to be had, so that nothing can be said about a token."""

    code = "keys_unavailable"


class Jwks:
    """The keys at one address. `clock` counts seconds and never goes back."""

    def __init__(self, url: str, client: httpx.AsyncClient, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._url = url
        self._client = client
        self._clock = clock
        self._keys: dict[tuple[str, str], PublicKey] = {}
        self._fetched_at: float | None = None
        self._tried_at: float | None = None
        self._failed_at: float | None = None
        self._fetching: asyncio.Task[None] | None = None

    async def find(self, kid: str, *, algorithm: str) -> PublicKey | None:
        """The key of this id for this algorithm. None when the issuer has none; raises KeysUnavailable when it cannot be asked.

        An unknown id has the set fetched at most every SELDOM_S, once for all who ask. A known one
        waits only where nothing has been asked for long: it may have been withdrawn.
        """
        key = self._known(kid, algorithm)
        if key is not None:
            if self._age() > FRESH_S:
                fetching = self._begin()
                if fetching is None or not self._must_wait():
                    return key
                await asyncio.shield(fetching)
                key = self._known(kid, algorithm)
            if key is not None:
                return key
        if (fetching := self._begin()) is not None:
            # Whoever asked first may go away: the fetch is everybody's.
            await asyncio.shield(fetching)
        key = self._known(kid, algorithm)
        if key is None and (self._fetched_at is None or self._fetched_at != self._tried_at):
            msg = "the sign-in service's keys cannot be fetched, so the access token cannot be checked: try again"
            raise KeysUnavailable(msg, extra={"retry_after_s": SELDOM_S})
        return key

    async def close(self) -> None:
        """Let go of a fetch under way, and of the client."""
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.gather(self._fetching, return_exceptions=True)
        await self._client.aclose()

    def _known(self, kid: str, algorithm: str) -> PublicKey | None:
        return self._keys.get((kid, algorithm)) if self._age() <= GOOD_S else None

    def _age(self) -> float:
        return float("inf") if self._fetched_at is None else self._clock() - self._fetched_at

    def _must_wait(self) -> bool:
        """After a long idle, unless the issuer is known to be away."""
        is_away = self._failed_at is not None and self._clock() - self._failed_at <= FRESH_S
        return self._age() > LATE_S and not is_away

    def _begin(self) -> "asyncio.Task[None] | None":
        """The fetch under way, or one begun; None when the last was too short a while ago."""
        if self._fetching is not None and not self._fetching.done():
            return self._fetching
        now = self._clock()
        if self._tried_at is not None and now - self._tried_at < SELDOM_S:
            return None
        self._tried_at = now
        self._fetching = asyncio.create_task(self._fetch(now))
        return self._fetching

    async def _fetch(self, now: float) -> None:
        try:
            self._keys = keys_in(await self._read())
        except (httpx.HTTPError, TimeoutError, ValueError) as error:
            metrics.PROVIDER_CALLS.labels("jwks", "failed").inc()
            log.warning("jwks.not_fetched", url=self._url, error=str(error) or type(error).__name__)
            self._failed_at = now
            return
        metrics.PROVIDER_CALLS.labels("jwks", "ok").inc()
        self._fetched_at = now

    async def _read(self) -> Mapping[str, Any]:
        async with asyncio.timeout(_TIMEOUT_S), self._client.stream("GET", self._url) as answer:
            answer.raise_for_status()
            body = bytearray()
            async for part in answer.aiter_bytes():
                body += part
                if len(body) > _MAX_BYTES:
                    msg = f"the key set is larger than {_MAX_BYTES} bytes"
                    raise ValueError(msg)
        found = orjson.loads(bytes(body))
        if not isinstance(found, dict) or not isinstance(found.get("keys"), list):
            msg = "what was answered is no key set"
            raise ValueError(msg)  # noqa: TRY004 - the bytes are wrong, not somebody's call
        return found


def keys_in(found: Mapping[str, Any]) -> dict[tuple[str, str], PublicKey]:
    """The public keys of a set that tokens may be signed with, by id and algorithm. Anything else in it is passed over: a
    symmetric key in a public place is nobody's secret."""
    keys: dict[tuple[str, str], PublicKey] = {}
    for entry in found["keys"]:
        if not isinstance(entry, dict) or not isinstance(entry.get("kid"), str) or entry.get("use", "sig") != "sig":
            continue
        algorithm = _ALGORITHMS.get(f"{entry.get('kty')} {entry.get('crv', '')}")
        if algorithm is None or entry.get("alg", algorithm) != algorithm:
            continue
        try:
            key = jwt.PyJWK(entry, algorithm=algorithm).key
        except (jwt.PyJWTError, ValueError, TypeError):
            continue
        if isinstance(key, EllipticCurvePublicKey) or (isinstance(key, RSAPublicKey) and key.key_size >= _MIN_RSA_BITS):
            keys[entry["kid"], algorithm] = key
    return keys
