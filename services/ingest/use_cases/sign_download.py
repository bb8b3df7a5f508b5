"""Download links: whoever has one may get that file and no other, without a token, for a while."""

from datetime import datetime, timedelta

import jwt
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from libs.common.errors import Gone, NotFound
from services.ingest.domain.downloads import Download

_AUDIENCE = "corofy-download"
_LABEL = b"corofy download links v1"
_ALGORITHM = "HS256"


def sign_download(download: Download, *, secret: str, now: datetime, lifetime: timedelta) -> str:
    """A link's token (JWT, HS256): it names the object, the file name and the format, and ends after `lifetime`."""
    claims = {
        "aud": _AUDIENCE,
        "exp": int((now + lifetime).timestamp()),
        "key": download.key,
        "name": download.filename,
        "format": download.file_format,
    }
    return jwt.encode(claims, _key(secret), algorithm=_ALGORITHM)


def read_download(token: str, *, secret: str) -> Download:
    """What a link is for. Raises Gone `link_expired`, NotFound `link_invalid` for one that nobody here has signed."""
    try:
        claims = jwt.decode(
            token,
            _key(secret),
            algorithms=[_ALGORITHM],
            audience=_AUDIENCE,
            options={"require": ["exp", "key", "name"]},
        )
    except jwt.ExpiredSignatureError:
        msg = "this download link has expired: ask for another one where you got it"
        raise Gone(msg, code="link_expired") from None
    except jwt.PyJWTError:
        msg = "this is no download link of ours, or it was changed on its way: ask for another one where you got it"
        raise NotFound(msg, code="link_invalid") from None
    return Download(claims["key"], claims["name"], claims["format"])


def _key(secret: str) -> bytes:
    """A key of their own (HKDF, RFC 5869): a link's signature proves nothing to the services, nor theirs to a link."""
    return HKDF(SHA256(), length=32, salt=None, info=_LABEL).derive(secret.encode())
