"""Seals what workspaces entrust to us: AES-256-GCM under keys of this installation, bound to whose it is and what for.

The first key of the ring seals, all of them open: a key is changed by putting a fresh one in front, and taken out once the
clock has sealed everything anew.
"""

import hmac
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic import SecretStr

from libs.common.errors import Conflict
from libs.common.settings import check_secret

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12
"""As NIST SP 800-38D wants it for random nonces, good for 2^32 messages under one key."""


class Unreadable(Conflict):
    """No key of the ring opens it: the key it was sealed with is gone, or it was sealed for somebody else."""

    code = "secret_unreadable"


class NoRing(Conflict):
    """There is nothing to seal with."""

    code = "sealing_off"


@dataclass(frozen=True, slots=True)
class Sealed:
    """`sealed_with` names the encryption key and says nothing of it."""

    data: bytes
    sealed_with: str


@dataclass(frozen=True, slots=True)
class Ring:
    """Made of the secrets in ENCRYPTION_KEYS. `what` it seals is part of its keys: two kinds of things share none."""

    what: str
    secrets: Sequence[str] = field(default=(), repr=False)
    _named: dict[str, str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        label = f"corofy {self.what} v1, the name of a key".encode()
        object.__setattr__(self, "_named", {_derive(one, label)[:8].hex(): one for one in self.secrets})

    @property
    def current(self) -> str | None:
        """The name of the key that seals; None when there is none."""
        return next(iter(self._named), None)

    @property
    def names(self) -> list[str]:
        """The names of all keys of the ring."""
        return list(self._named)

    def seal(self, text: str, *, purpose: str) -> Sealed:
        """Only the same purpose opens it. Raises NoRing."""
        name = self.current
        if name is None:
            msg = f"this installation takes no {self.what}: its operator has to set ENCRYPTION_KEYS first"
            raise NoRing(msg)
        nonce = os.urandom(_NONCE_BYTES)
        return Sealed(nonce + self._cipher(name).encrypt(nonce, text.encode(), purpose.encode()), name)

    def open(self, sealed: Sealed, *, purpose: str) -> str:
        """What was sealed. Raises Unreadable, which says nothing of the content."""
        from cryptography.exceptions import InvalidTag

        nonce, rest = sealed.data[:_NONCE_BYTES], sealed.data[_NONCE_BYTES:]
        try:
            if sealed.sealed_with in self._named:
                return self._cipher(sealed.sealed_with).decrypt(nonce, rest, purpose.encode()).decode()
        except (InvalidTag, ValueError):
            pass
        msg = (
            f"what was sealed for {purpose} cannot be read: ENCRYPTION_KEYS lacks the key it was sealed with"
            f" ({sealed.sealed_with}). Put that one back, or give the secret again."
        )
        raise Unreadable(msg)

    def _cipher(self, name: str) -> "AESGCM":
        # Here, so that 9 MB of library are loaded only where a workspace has entrusted something to us.
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        return AESGCM(_derive(self._named[name], f"corofy {self.what} v1".encode()))


def secrets_in(listed: str) -> tuple[str, ...]:
    """The secrets of ENCRYPTION_KEYS, a comma list. Raises ValueError for one that is too weak, without repeating it."""
    secrets = tuple(one.strip() for one in listed.split(",") if one.strip())
    for one in secrets:
        check_secret(SecretStr(one), name="Each of ENCRYPTION_KEYS")
    return secrets


def _derive(secret: str, purpose: bytes) -> bytes:
    """32 bytes by HKDF-SHA256 (RFC 5869, no salt, one block): the secrets are long and random, so that it is enough."""
    extracted = hmac.digest(bytes(32), secret.encode(), "sha256")
    return hmac.digest(extracted, purpose + b"\x01", "sha256")
