"""API keys: their look, their checksum, and who asks with one."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.errors import Forbidden, Unauthenticated
from services.gateway.domain.callers import Role
from services.gateway.domain.digests import digest_of
from services.gateway.domain.keys import (
    KEY_CHARS,
    SECRET_BYTES,
    KnownKey,
    caller_of,
    check_scopes,
    is_well_formed,
    key_of,
)

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
KNOWN = KnownKey(
    uuid4(), uuid4(), uuid4(), "a@b.example", True, "member", frozenset({"read"}), NOW + timedelta(days=1), None
)


@given(st.binary(min_size=SECRET_BYTES, max_size=SECRET_BYTES))
def test_a_key_is_found_by_what_scanners_are_told(secret: bytes) -> None:
    """Red when its look changes with what it is made of."""
    key = key_of(secret)
    assert re.fullmatch(r"cfy_[0-9A-Za-z]{49}", key)
    assert len(key) == KEY_CHARS
    assert is_well_formed(key)


@given(st.binary(min_size=SECRET_BYTES, max_size=SECRET_BYTES), st.integers(4, KEY_CHARS - 1), st.sampled_from("0aZ9"))
def test_a_changed_character_is_noticed_without_asking(secret: bytes, place: int, other: str) -> None:
    key = key_of(secret)
    changed = key[:place] + other + key[place + 1 :]
    assert is_well_formed(changed) == (changed == key)


@given(st.text(max_size=80))
def test_no_other_text_is_a_crash(text: str) -> None:
    assert not is_well_formed(text)
    assert not is_well_formed(f"cfy_{text}")
    assert len(digest_of(text)) == 32


def test_keys_of_two_secrets_differ() -> None:
    assert key_of(bytes(32)) != key_of(bytes(31) + b"\1")


@pytest.mark.parametrize(
    ("known", "code"),
    [
        (None, "key_invalid"),
        (replace(KNOWN, role=None), "key_revoked"),
        (replace(KNOWN, revoked_at=NOW - timedelta(seconds=1)), "key_revoked"),
        (replace(KNOWN, expires_at=NOW), "key_expired"),
        (replace(KNOWN, expires_at=NOW, revoked_at=NOW), "key_revoked"),
    ],
)
def test_a_key_that_serves_no_more_says_why(known: KnownKey | None, code: str) -> None:
    with pytest.raises(Unauthenticated) as refused:
        caller_of(known, now=NOW)
    assert refused.value.code == code


def test_a_key_asks_as_its_maker_within_its_scopes() -> None:
    caller = caller_of(KNOWN, now=NOW)
    assert (caller.user_id, caller.role, caller.scopes, caller.key_id) == (
        KNOWN.user_id, "member", frozenset({"read"}), KNOWN.id
    )  # fmt: skip


def test_nobody_gives_a_key_what_they_may_not_do() -> None:
    """Red when a role is not looked at, or when something that is no scope gets through."""
    check_scopes(["read", "jobs", "sending"], role="member")
    refusals: list[tuple[Role, list[str]]] = [
        ("viewer", ["jobs"]), ("member", ["billing"]), ("owner", ["members"]), ("owner", ["personal"]),
    ]  # fmt: skip
    for role, scopes in refusals:
        with pytest.raises(Forbidden) as refused:
            check_scopes(scopes, role=role)
        assert refused.value.code == "scope_exceeds_role"
