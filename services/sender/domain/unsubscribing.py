"""Unsubscribe links: a token holds, sealed, whose mail it came with, so that it works without a login and for as long as
there is the key, whatever has been deleted since.

AES-SIV (RFC 5297) both hides and authenticates: a token cannot be guessed, read, or made for somebody else; and it is the
same each time a mail is built. The header is that of RFC 2369 and RFC 8058.
"""

import base64
import binascii
from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from libs.common.errors import NotFound

KEY_BYTES = 64
MAX_TOKEN_CHARS = 1024
PATH = "/u/"
NOBODY = UUID(int=0)
"""The lead of a test mail."""
_LABEL = b"corofy unsubscribe v1"
_IDS = 3 * 16


@dataclass(frozen=True)
class Unsubscribing:
    """Who hears no more, from whom, and by the link of which mail."""

    workspace_id: UUID
    lead_id: UUID
    email_id: UUID
    address: str

    @property
    def is_test(self) -> bool:
        """The link of a mail that somebody sent themselves to try it: it is nobody's."""
        return self.lead_id == NOBODY


@dataclass(frozen=True)
class UnsubscribeLinks:
    """Makes links and reads them. `base_url` is the web app's public address."""

    base_url: str
    key: bytes

    def url(self, told: Unsubscribing) -> str:
        """The link of one mail."""
        return f"{self.base_url.rstrip('/')}{PATH}{self.token(told)}"

    def token(self, told: Unsubscribing) -> str:
        """What stands at the end of the link."""
        ids = told.workspace_id.bytes + told.lead_id.bytes + told.email_id.bytes
        sealed = AESSIV(self.key).encrypt(ids + told.address.encode(), [_LABEL])
        return _encoded(sealed)

    def read(self, token: str) -> Unsubscribing:
        """Whose link it is. Raises NotFound (`link_unknown`) for one that was not made with our key."""
        try:
            if len(token) > MAX_TOKEN_CHARS:
                raise ValueError(token)
            sealed = base64.b64decode(token.encode() + b"=" * (-len(token) % 4), altchars=b"-_", validate=True)
            if _encoded(sealed) != token:
                raise ValueError(token)
            told = AESSIV(self.key).decrypt(sealed, [_LABEL])
            ids = [UUID(bytes=told[start : start + 16]) for start in range(0, _IDS, 16)]
            return Unsubscribing(*ids, address=told[_IDS:].decode())
        except (ValueError, binascii.Error, InvalidTag) as error:
            raise NotFound("this is no link of ours, or not all of one", code="link_unknown") from error


def _encoded(sealed: bytes) -> str:
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()


def list_unsubscribe(url: str, *, by_mail: str) -> str:
    """The value of List-Unsubscribe: the link, then `by_mail`. With a link, List-Unsubscribe-Post says that a POST to it is
    enough; DKIM must sign both (RFC 8058, section 4)."""
    return f"<{url}>, {by_mail}"
