"""Seals what workspaces entrust to us: AES-256-GCM under keys of this installation, bound to whose it is and what for.

The first key of the ring seals, all of them open: a key is changed by putting a fresh one in front, and taken out once the
clock has sealed everything anew.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from libs.common.errors import Conflict

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
    _ciphers: dict[str, AESGCM] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        ciphers = {_derive(one, _NAMING, 8).hex(): AESGCM(_derive(one, _SEALING, 32)) for one in self.secrets}
        object.__setattr__(self, "_ciphers", ciphers)

    @property
    def current(self) -> str | None:
        """The name of the key that seals; None when there is none."""
        return next(iter(self._ciphers), None)

    @property
    def names(self) -> list[str]:
        """The names of all keys of the ring."""
        return list(self._ciphers)

    def seal(self, text: str, purpose: Purpose) -> Sealed:
        """Raises Conflict `own_keys_off` when there is nothing to seal with."""
        name = self.current
        if name is None:
            msg = "this installation takes no keys of workspaces: its operator has to set ENCRYPTION_KEYS first"
            raise Conflict(msg, code="own_keys_off")
        nonce = os.urandom(_NONCE_BYTES)
        return Sealed(nonce + self._ciphers[name].encrypt(nonce, text.encode(), purpose.as_bytes), name)

    def open(self, sealed: Sealed, purpose: Purpose) -> str:
        """What was sealed. Raises KeyUnreadable."""
        cipher = self._ciphers.get(sealed.sealed_with)
        nonce, rest = sealed.data[:_NONCE_BYTES], sealed.data[_NONCE_BYTES:]
        try:
            if cipher is not None:
                return cipher.decrypt(nonce, rest, purpose.as_bytes).decode()
        except (InvalidTag, ValueError):
            pass
        msg = (
            f"the {purpose.provider} key of workspace {purpose.workspace_id} cannot be read: ENCRYPTION_KEYS lacks the key it"
            f" was sealed with ({sealed.sealed_with}). Put that one back, or set the provider's key again."
        )
        raise KeyUnreadable(msg)


def _derive(secret: str, purpose: bytes, length: int) -> bytes:
    """The secrets are long and random, so that a plain derivation (RFC 5869) is enough."""
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=purpose).derive(secret.encode())
