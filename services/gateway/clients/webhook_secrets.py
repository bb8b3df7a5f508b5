"""What endpoints' messages are signed with: sealed while it is kept, and the signatures of Standard Webhooks."""

import base64
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from standardwebhooks import Webhook

from libs.common.keyring import Ring, Sealed

PREFIX = "whsec_"


class WebhookRing:
    """Seals an endpoint's secret so that it opens for that endpoint alone."""

    def __init__(self, secrets: Sequence[str] = ()) -> None:
        self.ring = Ring("webhook secrets", secrets)

    def seal(self, secret: str, endpoint_id: UUID) -> Sealed:
        """Raises NoRing, where the installation has no ENCRYPTION_KEYS."""
        return self.ring.seal(secret, purpose=_purpose(endpoint_id))

    def open(self, sealed: Sealed, endpoint_id: UUID) -> str:
        """Raises Unreadable."""
        return self.ring.open(sealed, purpose=_purpose(endpoint_id))


def secret_of(random: bytes) -> str:
    """A secret as receivers are given it."""
    return f"{PREFIX}{base64.b64encode(random).decode()}"


def signed_headers(secrets: Iterable[str], body: bytes, *, message_id: str, at: datetime) -> dict[str, str]:
    """The headers of Standard Webhooks, with one signature for each secret: a receiver is content with one it knows."""
    signatures = [Webhook(secret).sign(message_id, at, body.decode()) for secret in secrets]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def _purpose(endpoint_id: UUID) -> str:
    return f"webhook {endpoint_id}"
