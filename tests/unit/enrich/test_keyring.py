"""What workspaces entrust to us: sealed for one purpose, opened for no other, and sealed anew without being typed again."""

from uuid import UUID

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from libs.common.errors import Conflict, Invalid
from libs.common.settings import SettingsError
from services.enrich.clients.accounts import Account
from services.enrich.clients.keyring import Keyring, KeyUnreadable, Purpose, Sealed
from services.enrich.domain.account_names import account_name, provider_of, workspace_of
from services.enrich.domain.provider_keys import read_key
from services.enrich.settings import EnrichSettings

OLD, FRESH = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"
OURS = Purpose(UUID(int=1), "groq")
KEY = "gsk_0123456789abcdef"


@given(text=st.text(min_size=1, max_size=200))
def test_what_is_sealed_opens_again_and_never_looks_the_same(text: str) -> None:
    """Red when a nonce is used twice, or the text shows through."""
    ring = Keyring([OLD])
    one, other = ring.seal(text, OURS), ring.seal(text, OURS)
    assert ring.open(one, OURS) == ring.open(other, OURS) == text
    assert one.data != other.data
    assert len(text) < 4 or text.encode() not in one.data


@pytest.mark.parametrize("purpose", [Purpose(UUID(int=2), "groq"), Purpose(UUID(int=1), "serper")])
def test_it_opens_for_nobody_else_and_nothing_else(purpose: Purpose) -> None:
    """Red when a row of the table could be copied to another workspace or provider: the tenant is not bound."""
    sealed = Keyring([OLD]).seal(KEY, OURS)
    with pytest.raises(KeyUnreadable):
        Keyring([OLD]).open(sealed, purpose)


@given(at=st.integers(0, 1000), flip=st.integers(1, 255))
def test_a_changed_byte_is_noticed(at: int, flip: int) -> None:
    """Red when it is encrypted without being authenticated."""
    sealed = Keyring([OLD]).seal(KEY, OURS)
    spoilt = bytearray(sealed.data)
    spoilt[at % len(spoilt)] ^= flip
    with pytest.raises(KeyUnreadable):
        Keyring([OLD]).open(Sealed(bytes(spoilt), sealed.sealed_with), OURS)


def test_a_fresh_key_in_front_seals_and_the_old_one_still_opens() -> None:
    """Red when a rotation locks out what is stored."""
    sealed = Keyring([OLD]).seal(KEY, OURS)
    both = Keyring([FRESH, OLD])
    assert both.open(sealed, OURS) == KEY
    assert both.seal(KEY, OURS).sealed_with == both.current == Keyring([FRESH]).current
    with pytest.raises(KeyUnreadable, match="ENCRYPTION_KEYS lacks the key"):
        Keyring([FRESH]).open(sealed, OURS)


def test_the_name_of_a_key_tells_nothing_of_it() -> None:
    """Red when the table or a log would hold a part of the secret."""
    ring = Keyring([OLD])
    assert ring.current is not None
    assert ring.current not in OLD
    assert OLD not in repr(ring)


def test_keys_are_derived_as_rfc_5869_says() -> None:
    """Red when the derivation changes: everything stored would be lost. Held against a library's."""
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"corofy provider keys v1").derive(OLD.encode())
    sealed = Keyring([OLD]).seal(KEY, OURS)
    opened = AESGCM(derived).decrypt(sealed.data[:12], sealed.data[12:], f"{OURS.workspace_id}/groq".encode())
    assert opened == KEY.encode()


def test_without_a_key_nothing_is_sealed() -> None:
    """Red when a key would lie in the database in the clear."""
    with pytest.raises(Conflict) as refused:
        Keyring().seal(KEY, OURS)
    assert refused.value.code == "own_keys_off"


@pytest.mark.parametrize("keys", ["short", f"{OLD},hunter2", "a" * 40])
def test_a_weak_secret_is_refused_at_start(monkeypatch: pytest.MonkeyPatch, keys: str) -> None:
    """Red when ENCRYPTION_KEYS may hold a word somebody has thought of; and the sentence must not repeat it."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:p@h/d")
    monkeypatch.setenv("ENCRYPTION_KEYS", keys)
    with pytest.raises(SettingsError, match="Each of ENCRYPTION_KEYS must be 32 random characters") as refused:
        EnrichSettings(rabbitmq_url=SecretStr("amqp://u:p@h/"), internal_secret=SecretStr(OLD))
    assert keys not in str(refused.value)


@pytest.mark.parametrize("text", ["", "short", "has blanks in between 123", "ключ" * 10, "x" * 600, "line\nbreak" * 3])
def test_what_is_no_key_is_refused_without_being_repeated(text: str) -> None:
    """Red when a header could be split, or the answer shows what somebody has typed."""
    with pytest.raises(Invalid) as refused:
        read_key(text)
    assert refused.value.code == "key_malformed"
    assert not text or text not in refused.value.message


def test_a_key_is_taken_without_the_blanks_around_it() -> None:
    """Red when a pasted line break makes a good key a bad one."""
    assert read_key(f"  {KEY}\n") == KEY


def test_an_account_is_named_by_provider_and_workspace() -> None:
    """Red when limits or states of two workspaces meet under one name."""
    owner = UUID(int=7)
    name = account_name("groq", owner)
    assert (provider_of(name), workspace_of(name)) == ("groq", owner)
    assert (provider_of("groq"), workspace_of("groq")) == ("groq", None)


def test_neither_an_account_nor_what_a_provider_says_shows_a_key() -> None:
    """Red when a key reaches a log by way of a repr or of a provider that repeats it."""
    account = Account("groq", "real", "https://x.example", KEY)
    assert KEY not in repr(account)
    assert account.scrubbed(f"Invalid API Key: {KEY}") == "Invalid API Key: …"
