"""Seals what workspaces entrust to us: AES-256-GCM under keys of this installation, bound to whose it is and what for.

The first key of the ring seals, all of them open: a key is changed by putting a fresh one in front, and taken out once the
clock has sealed everything anew.
"""

import hmac
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from libs.common.errors import Conflict

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12
"""As NIST SP 800-38D wants it for random nonces, good for 2^32 messages under one key."""
_SEALING = b"corofy provider keys v1"
_NAMING = b"corofy provider keys v1, the name of a key"


class KeyUnreadable(Conflict):
    """No key of the ring opens it: the key it was sealed with is gone, or it was sealed for somebody else."""

    code = "provider_key_unreadable"


@dataclass(frozen=True, slots=True)
class Sealed:
    """`sealed_with` names the encryption key and says nothing of it."""

    data: bytes
    sealed_with: str


@dataclass(frozen=True, slots=True)
class Purpose:
    """Whose key it is, and for which provider: what is sealed for one purpose opens for no other."""

    workspace_id: UUID
    provider: str

    @property
    def as_bytes(self) -> bytes:
        return f"{self.workspace_id}/{self.provider}".encode()


@dataclass(frozen=True, slots=True)
class Keyring:
    """Made of the secrets in ENCRYPTION_KEYS. Without any, workspaces cannot bring keys."""

    secrets: Sequence[str] = field(default=(), repr=False)
    _named: dict[str, str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_named", {_derive(one, _NAMING)[:8].hex(): one for one in self.secrets})

    @property
    def current(self) -> str | None:
        """The name of the key that seals; None when there is none."""
        return next(iter(self._named), None)

    @property
    def names(self) -> list[str]:
        """The names of all keys of the ring."""
        return list(self._named)

    def seal(self, text: str, purpose: Purpose) -> Sealed:
        """Raises Conflict `own_keys_off` when there is nothing to seal with."""
        name = self.current
        if name is None:
            msg = "this installation takes no keys of workspaces: its operator has to set ENCRYPTION_KEYS first"
            raise Conflict(msg, code="own_keys_off")
        nonce = os.urandom(_NONCE_BYTES)
        return Sealed(nonce + self._cipher(name).encrypt(nonce, text.encode(), purpose.as_bytes), name)

    def open(self, sealed: Sealed, purpose: Purpose) -> str:
        """What was sealed. Raises KeyUnreadable."""
        from cryptography.exceptions import InvalidTag

        nonce, rest = sealed.data[:_NONCE_BYTES], sealed.data[_NONCE_BYTES:]
        try:
            if sealed.sealed_with in self._named:
                return self._cipher(sealed.sealed_with).decrypt(nonce, rest, purpose.as_bytes).decode()
        except (InvalidTag, ValueError):
            pass
        msg = (
            f"the {purpose.provider} key of workspace {purpose.workspace_id} cannot be read: ENCRYPTION_KEYS lacks the key it"
            f" was sealed with ({sealed.sealed_with}). Put that one back, or set the provider's key again."
        )
        raise KeyUnreadable(msg)

    def _cipher(self, name: str) -> "AESGCM":
        # Here, so that 9 MB of library are loaded only where some workspace has a key.
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        return AESGCM(_derive(self._named[name], _SEALING))


def _derive(secret: str, purpose: bytes) -> bytes:
    """32 bytes by HKDF-SHA256 (RFC 5869, no salt, one block): the secrets are long and random, so that it is enough."""
    extracted = hmac.digest(bytes(32), secret.encode(), "sha256")
    return hmac.digest(extracted, purpose + b"\x01", "sha256")
