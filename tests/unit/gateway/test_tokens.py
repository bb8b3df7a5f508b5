"""Whose access tokens are believed, and every way in which one may be forged."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import AsyncGenerator
from typing import Any
from uuid import uuid4

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from libs.common.errors import AppError, Forbidden, Unauthenticated
from services.gateway.clients.jwks import Jwks
from services.gateway.clients.tokens import Verifier
from services.gateway.domain.tokens import LEEWAY_S
from tests.unit.gateway.issuers import EC_KEY, ISSUER, RSA_KEY, KeySet, jwk_of, token, unsigned

SECRET = "a-legacy-jwt-secret-of-forty-characters!"
KEYS = f"{ISSUER}/.well-known/jwks.json"


@pytest.fixture
def server() -> KeySet:
    return KeySet()


@pytest.fixture
async def verifier(server: KeySet) -> AsyncGenerator[Verifier]:
    """As with SUPABASE_URL and no secret."""
    jwks = Jwks(KEYS, httpx.AsyncClient(transport=server))
    made = Verifier(ISSUER, frozenset({"ES256", "RS256"}), jwks=jwks)
    yield made
    await made.close()


async def refusal(verifier: Verifier, text: str) -> str:
    with pytest.raises(Unauthenticated) as refused:
        await verifier.read(text)
    return refused.value.code


async def test_a_token_of_either_kind_of_key_is_believed(verifier: Verifier) -> None:
    who = str(uuid4())
    assert str((await verifier.read(token(sub=who))).user_id) == who
    assert str((await verifier.read(token(RSA_KEY, algorithm="RS256", kid="two", sub=who))).user_id) == who
    assert (await verifier.read(token(email="Ada@Elsewhere.Example", aud=["x", "authenticated"]))).email == (
        "ada@elsewhere.example"
    )


async def test_a_token_without_a_signature_is_refused(verifier: Verifier) -> None:
    """Red when the token's own `alg` decides whether it is checked."""
    for name in ("none", "None", "NONE", "nOnE", ""):
        header = f'{{"alg":"{name}","typ":"JWT","kid":"one"}}'.encode()
        assert await refusal(verifier, unsigned(header)) == "token_invalid"
        assert await refusal(verifier, unsigned(header, signature=b"x")) == "token_invalid"
    whole = token()
    assert await refusal(verifier, whole.rpartition(".")[0] + ".") == "token_invalid"
    assert await refusal(verifier, unsigned(b'{"alg":["ES256"],"kid":"one"}')) == "token_invalid"


async def test_a_published_key_is_no_secret(server: KeySet) -> None:
    """HS256 with the public key as its secret, in every spelling somebody may try. Red when the key that is looked up by
    `kid` is used with the algorithm that the token names, also where HS256 is allowed."""
    pem = EC_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    der = EC_KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    rsa_pem = RSA_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    server.keys.append({"kty": "oct", "kid": "three", "alg": "HS256", "k": base64.urlsafe_b64encode(der).decode()})
    jwks = Jwks(KEYS, httpx.AsyncClient(transport=server))
    for algorithms, secret in (({"ES256", "RS256"}, ""), ({"ES256", "HS256"}, SECRET)):
        verifier = Verifier(ISSUER, frozenset(algorithms), secret=secret, jwks=jwks)
        for kid in ("one", "two", "three"):
            for key in (pem, pem.strip(), der, rsa_pem, b""):
                assert await refusal(verifier, _hmac(key, kid=kid)) == "token_invalid"
    await jwks.close()


def _hmac(key: bytes, *, kid: str) -> str:
    """HS256 by hand: the library refuses to sign with a public key."""
    head, body, _ = token(kid=kid).split(".")
    head = base64.urlsafe_b64encode(f'{{"alg":"HS256","typ":"JWT","kid":"{kid}"}}'.encode()).rstrip(b"=").decode()
    made = hmac.new(key, f"{head}.{body}".encode(), hashlib.sha256).digest()
    return f"{head}.{body}.{base64.urlsafe_b64encode(made).rstrip(b'=').decode()}"


async def test_a_shared_secret_serves_only_where_it_is_configured(verifier: Verifier, server: KeySet) -> None:
    """Red when HS256 is taken without a secret, or another HMAC or the empty secret with one."""
    text = token(SECRET, algorithm="HS256", kid=None)
    assert await refusal(verifier, text) == "token_invalid"
    shared = Verifier(ISSUER, frozenset({"HS256"}), secret=SECRET)
    assert (await shared.read(text)).email == "ada@elsewhere.example"
    assert await refusal(shared, token(SECRET * 2, algorithm="HS384", kid=None)) == "token_invalid"
    assert await refusal(shared, token("another-secret-of-forty-characters-long", algorithm="HS256")) == "token_invalid"
    assert await refusal(shared, token()) == "token_invalid"
    assert await refusal(Verifier(ISSUER, frozenset({"HS256"})), _hmac(b"", kid="one")) == "token_invalid"
    assert server.asked == []


@pytest.mark.parametrize(
    ("code", "wrong"),
    [
        ("token_invalid", {"iss": "https://other.supabase.example/auth/v1"}),
        ("token_invalid", {"iss": ISSUER + "/"}),
        ("token_invalid", {"iss": None}),
        ("token_invalid", {"aud": "anon"}),
        ("token_invalid", {"aud": ["somebody", "else"]}),
        ("token_invalid", {"aud": None}),
        ("token_expired", {"exp": -61}),
        ("token_expired", {"exp": -LEEWAY_S - 1}),
        ("token_invalid", {"exp": None}),
        ("token_invalid", {"exp": "tomorrow"}),
        ("token_invalid", {"nbf": 61}),
        ("token_invalid", {"iat": 61}),
        ("token_invalid", {"iat": None}),
        ("token_invalid", {"sub": None}),
        ("token_invalid", {"sub": "1 OR 1=1"}),
        ("token_invalid", {"session_id": "../../x"}),
        ("token_invalid", {"role": "service_role"}),
        ("token_invalid", {"role": "anon"}),
        ("token_invalid", {"role": None}),
    ],
)
async def test_what_a_token_claims_is_checked(verifier: Verifier, code: str, wrong: dict[str, Any]) -> None:
    """Times are seconds from now. Red when one of these claims is not looked at."""
    now = int(time.time())
    said: dict[str, Any] = {
        name: now + value if name in {"exp", "nbf", "iat"} and isinstance(value, int) else value
        for name, value in wrong.items()
    }
    assert await refusal(verifier, token(**said)) == code


async def test_clocks_may_differ_by_less_than_a_minute(verifier: Verifier) -> None:
    """Red when a clock that goes a little wrong locks everybody out, or when the leeway grows."""
    now = int(time.time())
    assert 0 < LEEWAY_S <= 60
    await verifier.read(token(exp=now - LEEWAY_S + 5, nbf=now + LEEWAY_S - 5, iat=now + LEEWAY_S - 5))


async def test_keys_that_a_token_brings_along_are_not_looked_at(verifier: Verifier, server: KeySet) -> None:
    """Red when `jwk`, `jku` or `x5u` in the header leads to an attacker's key; or when they are as much as asked for."""
    mine = ec.generate_private_key(ec.SECP256R1())
    brought = [
        {"jwk": jwk_of(mine, "one")},
        {"jku": "https://attacker.example/jwks.json"},
        {"x5u": "https://attacker.example/cert.pem"},
        {"x5c": ["MIIB"]},
        {"jwk": jwk_of(mine, "mine"), "jku": "https://attacker.example/jwks.json"},
    ]
    for header in brought:
        for kid in ("one", "mine"):
            assert await refusal(verifier, token(mine, kid=kid, header=header)) == "token_invalid"
    assert set(server.asked) == {KEYS}


@pytest.mark.parametrize(
    "kid",
    [
        "../../../../dev/null",
        "/dev/null",
        "one' OR '1'='1",
        "x' UNION SELECT 'secret'; --",
        "one\0",
        "",
        "ONE",
        "x" * 5000,
    ],
)
async def test_a_key_id_is_a_name_and_nothing_else(verifier: Verifier, kid: str) -> None:
    """Red when it is a path, a query, or nearly the name of a key."""
    assert await refusal(verifier, token(kid=kid)) == "token_invalid"
    assert await refusal(verifier, token("x" * 40, algorithm="HS256", kid=kid)) == "token_invalid"


async def test_a_key_signs_with_its_own_algorithm_only(verifier: Verifier) -> None:
    """Red when an EC key's id with RS256 finds a key, or a token of no key id any key."""
    assert await refusal(verifier, token(RSA_KEY, algorithm="RS256", kid="one")) == "token_invalid"
    assert await refusal(verifier, token(EC_KEY, kid="two")) == "token_invalid"
    assert await refusal(verifier, token(kid=None)) == "token_invalid"
    assert await refusal(verifier, unsigned(b'{"alg":"ES256","kid":7}')) == "token_invalid"
    for algorithm in ("PS256", "RS512"):
        assert await refusal(verifier, token(RSA_KEY, algorithm=algorithm, kid="two")) == "token_invalid"
    narrow = Verifier(ISSUER, frozenset({"RS256"}), jwks=verifier.jwks)
    assert await refusal(narrow, token()) == "token_invalid"


@pytest.mark.parametrize("text", ["", ".", "..", "a.b.c", "é.é.é", "x" * 100_000, "e30.e30.e30", "bnVsbA.e30.x"])
async def test_what_is_no_token_at_all_is_refused(verifier: Verifier, text: str) -> None:
    """Red when any of them is a crash."""
    assert await refusal(verifier, text) == "token_invalid"


async def test_a_token_of_another_issuers_key_is_refused(verifier: Verifier) -> None:
    mine = ec.generate_private_key(ec.SECP256R1())
    assert await refusal(verifier, token(mine)) == "token_invalid"
    whole = token()
    head, body, signature = whole.split(".")
    other = jwt.encode({"sub": "x"}, "x" * 32, algorithm="HS256").split(".")[1]
    assert await refusal(verifier, f"{head}.{other}.{signature}") == "token_invalid"
    assert body != other


async def test_metadata_gives_nothing(verifier: Verifier) -> None:
    """Users write `user_metadata` themselves. Red when an address is proved by it, or a role is taken from either."""
    vouched = await verifier.read(token())
    assert vouched.email_proved is False
    assert not hasattr(vouched, "role")
    for said in ("true", 1, "yes", {"a": 1}, False):
        assert (await verifier.read(token(email_verified=said))).email_proved is False
    assert (await verifier.read(token(email_verified=True))).email_proved is True


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("user_anonymous", {"is_anonymous": True}),
        ("email_missing", {"email": ""}),
        ("email_missing", {"email": None}),
    ],
)
async def test_who_cannot_be_written_to_is_not_let_in(verifier: Verifier, code: str, said: dict[str, Any]) -> None:
    """Anybody may be as many anonymous users as they like, each with a trial grant. Red when one is let in."""
    with pytest.raises(Forbidden) as refused:
        await verifier.read(token(**said))
    assert refused.value.code == code


async def test_no_refusal_says_more_than_that_it_is_one(verifier: Verifier) -> None:
    """Red when an answer repeats the token, or tells a forger which check it has passed."""
    said: set[str] = set()
    for text in (token(iss="x"), token(aud="x"), token(EC_KEY, kid="nobody"), "x.y.z"):
        with pytest.raises(AppError) as refused:
            await verifier.read(text)
        said.add(refused.value.message)
    assert len(said) == 1
