"""What mailboxes sign in and sign with, sealed: bound to the mailbox it is for."""

from dataclasses import asdict
from uuid import UUID

import orjson

from libs.common.keyring import Ring, Sealed
from services.sender.domain.mailboxes.mailbox import Secrets

WHAT = "mailbox secrets"


class SecretsRing:
    """Seals and opens. Without ENCRYPTION_KEYS nothing is sealed: mailboxes of workspaces' own cannot be."""

    def __init__(self, secrets: tuple[str, ...] = ()) -> None:
        self.ring = Ring(WHAT, secrets)

    def seal(self, secrets: Secrets, mailbox_id: UUID) -> Sealed:
        """Raises NoRing (`sealing_off`)."""
        return self.ring.seal(orjson.dumps(asdict(secrets)).decode(), purpose=f"mailbox {mailbox_id}")

    def open(self, sealed: Sealed, mailbox_id: UUID) -> Secrets:
        """Raises Unreadable (`secret_unreadable`)."""
        found = orjson.loads(self.ring.open(sealed, purpose=f"mailbox {mailbox_id}"))
        return Secrets(**{name: value for name, value in found.items() if name in Secrets.__dataclass_fields__})

    def seal_verifier(self, verifier: str, consent_id: UUID) -> Sealed:
        """The secret half of a consent that is being asked for. Raises NoRing."""
        return self.ring.seal(verifier, purpose=f"consent {consent_id}")

    def open_verifier(self, sealed: Sealed, consent_id: UUID) -> str:
        """Raises Unreadable."""
        return self.ring.open(sealed, purpose=f"consent {consent_id}")
