"""Another issuer's public keys: fetched seldom, once at a time, and good for a while when they cannot be."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from services.gateway.clients.jwks import FRESH_S, GOOD_S, LATE_S, SELDOM_S, Jwks, KeysUnavailable, keys_in
from tests.support.waiting import PATIENCE_S, eventually
from tests.unit.gateway.issuers import EC_KEY, KeySet, jwk_of


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server() -> KeySet:
    return KeySet()


@pytest.fixture
async def jwks(server: KeySet, clock: Clock) -> AsyncGenerator[Jwks]:
    made = Jwks("https://project.example/jwks.json", httpx.AsyncClient(transport=server), clock=clock)
    yield made
    await made.close()


async def test_a_flood_of_unknown_key_ids_is_one_fetch_every_thirty_seconds(
    jwks: Jwks, server: KeySet, clock: Clock
) -> None:
    """Red when whoever sends tokens with invented key ids has us ask the issuer as often."""
    for _ in range(3):
        found = await asyncio.gather(*(jwks.find(f"invented-{number}", algorithm="ES256") for number in range(200)))
        assert found == [None] * 200
    assert len(server.asked) == 1
    clock.now += SELDOM_S
    assert await jwks.find("invented", algorithm="ES256") is None
    assert len(server.asked) == 2
    assert await jwks.find("one", algorithm="ES256") is not None


async def test_a_hundred_who_ask_at_once_wait_for_one_fetch_and_it_outlives_the_first(
    jwks: Jwks, server: KeySet
) -> None:
    """Red when each fetches, or when the one who asked first takes the others' keys along as they leave."""
    server.gate = asyncio.Event()
    first, *others = [asyncio.create_task(jwks.find("one", algorithm="ES256")) for _ in range(100)]
    await eventually(lambda: len(server.asked) == 1)
    first.cancel()
    server.gate.set()
    assert all(await asyncio.gather(*others))
    assert len(server.asked) == 1


async def test_a_rotated_key_is_found(jwks: Jwks, server: KeySet, clock: Clock) -> None:
    """The new key signs as soon as it is published. Red when it is only found once the old set is stale."""
    assert await jwks.find("one", algorithm="ES256") is not None
    server.keys = [jwk_of(ec.generate_private_key(ec.SECP256R1()), "next")]
    clock.now += SELDOM_S
    assert await jwks.find("next", algorithm="ES256") is not None
    assert await jwks.find("one", algorithm="ES256") is None


async def test_a_revoked_key_is_forgotten_once_the_set_is_stale(jwks: Jwks, server: KeySet, clock: Clock) -> None:
    """Red when a set that was fetched once serves for ever; or when a request has to wait for a set it does not need."""
    await jwks.find("one", algorithm="ES256")
    server.keys = []
    clock.now += FRESH_S + 1
    server.gate = asyncio.Event()
    assert await jwks.find("one", algorithm="ES256") is not None
    await eventually(lambda: len(server.asked) == 2)
    server.gate.set()
    await eventually(lambda: _gone(jwks))


async def _gone(jwks: Jwks) -> bool:
    return await jwks.find("one", algorithm="ES256") is None


async def test_known_keys_serve_through_an_outage_for_a_bounded_time(jwks: Jwks, server: KeySet, clock: Clock) -> None:
    """Red when an outage of the issuer signs everybody out, or when its keys serve for ever."""
    await jwks.find("one", algorithm="ES256")
    server.away = True
    clock.now += GOOD_S - 1
    assert await jwks.find("one", algorithm="ES256") is not None
    clock.now += SELDOM_S + 2
    with pytest.raises(KeysUnavailable) as refused:
        await jwks.find("one", algorithm="ES256")
    assert refused.value.extra == {"retry_after_s": SELDOM_S}
    server.away = False
    clock.now += SELDOM_S
    assert await jwks.find("one", algorithm="ES256") is not None


async def test_keys_that_were_never_had_are_not_a_token_that_is_wrong(jwks: Jwks, server: KeySet, clock: Clock) -> None:
    """503, not 401: a browser would sign its user out. Red also when each request asks an issuer that is away."""
    server.away = True
    for _ in range(5):
        with pytest.raises(KeysUnavailable):
            await jwks.find("one", algorithm="ES256")
    assert len(server.asked) == 1
    server.away = False
    clock.now += SELDOM_S
    assert await jwks.find("one", algorithm="ES256") is not None


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(500, text="no"),
        httpx.Response(302, headers={"Location": "https://attacker.example/jwks.json"}),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={"keys": "none"}),
        httpx.Response(200, content=b'{"keys": [' + b" " * 70_000 + b"]}"),
    ],
)
async def test_what_is_no_key_set_leaves_the_good_keys_alone(
    jwks: Jwks, server: KeySet, clock: Clock, answer: httpx.Response
) -> None:
    """Red when a broken answer replaces them, is followed elsewhere, is read without an end, or is a crash."""
    await jwks.find("one", algorithm="ES256")
    server.answer = answer
    clock.now += SELDOM_S
    with pytest.raises(KeysUnavailable):
        await jwks.find("unknown", algorithm="ES256")
    assert await jwks.find("one", algorithm="ES256") is not None
    assert set(server.asked) == {"https://project.example/jwks.json"}


def test_only_public_signing_keys_of_a_set_are_kept() -> None:
    """Red when a symmetric, weak, private, or encrypting key is taken, or one of a broken form is a crash."""
    good = jwk_of(EC_KEY, "good")
    weak = jwk_of(rsa.generate_private_key(public_exponent=65537, key_size=1024), "weak")  # noqa: S505 - that is the point
    entries = [
        good,
        weak,
        {**good, "kid": "encrypts", "use": "enc"},
        {**good, "kid": "other", "alg": "HS256"},
        {**good, "kid": "curve", "crv": "P-521"},
        {**good, "kid": 7},
        {**good, "kid": "typed", "kty": ["EC"]},
        {**good, "kid": "cut", "x": "AA"},
        {"kty": "oct", "kid": "secret", "k": "c2VjcmV0"},
        "no key",
    ]
    assert set(keys_in({"keys": entries})) == {("good", "ES256")}


async def test_after_a_long_idle_a_withdrawn_key_does_not_serve_the_first_who_asks(
    jwks: Jwks, server: KeySet, clock: Clock
) -> None:
    """Nor the second, while the set is fetched. Red when old keys serve though the issuer could be asked."""
    await jwks.find("one", algorithm="ES256")
    server.keys = []
    clock.now += LATE_S + 1
    server.gate = asyncio.Event()
    asked = [asyncio.create_task(jwks.find("one", algorithm="ES256")) for _ in range(3)]
    await eventually(lambda: len(server.asked) == 2)
    assert not any(one.done() for one in asked)
    server.gate.set()
    assert await asyncio.gather(*asked) == [None] * 3


async def test_in_an_outage_nobody_waits_for_each_fetch_in_vain(jwks: Jwks, server: KeySet, clock: Clock) -> None:
    """Red when each fetch holds requests up again, while the issuer is known to be away."""
    await jwks.find("one", algorithm="ES256")
    server.away = True
    clock.now += LATE_S + 1
    assert await jwks.find("one", algorithm="ES256") is not None
    clock.now += SELDOM_S
    server.gate = asyncio.Event()
    assert await asyncio.wait_for(jwks.find("one", algorithm="ES256"), PATIENCE_S) is not None
    await eventually(lambda: len(server.asked) == 3)
    server.gate.set()
