"""The provider keys that workspaces bring, sealed: bound to the workspace and the provider they are for."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from libs.common import keyring
from libs.common.errors import Conflict
from libs.common.keyring import Sealed

__all__ = ["KeyUnreadable", "Keyring", "Purpose", "Sealed"]


class KeyUnreadable(Conflict):
    """No key of the ring opens it: the key it was sealed with is gone, or it was sealed for somebody else."""

    code = "provider_key_unreadable"


@dataclass(frozen=True, slots=True)
class Purpose:
    """Whose key it is, and for which provider: what is sealed for one purpose opens for no other."""

    workspace_id: UUID
    provider: str

    @property
    def words(self) -> str:
        return f"{self.workspace_id}/{self.provider}"


@dataclass(frozen=True, slots=True)
class Keyring:
    """Made of the secrets in ENCRYPTION_KEYS. Without any, workspaces cannot bring keys."""

    secrets: Sequence[str] = field(default=(), repr=False)
    _ring: keyring.Ring = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_ring", keyring.Ring("provider keys", self.secrets))

    @property
    def current(self) -> str | None:
        """The name of the key that seals; None when there is none."""
        return self._ring.current

    @property
    def names(self) -> list[str]:
        """The names of all keys of the ring."""
        return self._ring.names

    def seal(self, text: str, purpose: Purpose) -> Sealed:
        """Raises Conflict `own_keys_off` when there is nothing to seal with."""
        try:
            return self._ring.seal(text, purpose=purpose.words)
        except keyring.NoRing as error:
            msg = "this installation takes no keys of workspaces: its operator has to set ENCRYPTION_KEYS first"
            raise Conflict(msg, code="own_keys_off") from error

    def open(self, sealed: Sealed, purpose: Purpose) -> str:
        """What was sealed. Raises KeyUnreadable."""
        try:
            return self._ring.open(sealed, purpose=purpose.words)
        except keyring.Unreadable as error:
            msg = (
                f"the {purpose.provider} key of workspace {purpose.workspace_id} cannot be read: ENCRYPTION_KEYS lacks the"
                f" key it was sealed with ({sealed.sealed_with}). Put that one back, or set the provider's key again."
            )
            raise KeyUnreadable(msg) from error
