"""Download links: whoever has one may get that file and no other, without a token, for a while."""

from datetime import datetime, timedelta

from itsdangerous import BadData, URLSafeSerializer

from libs.common.clock import utc_now
from libs.common.errors import Gone, NotFound
from libs.common.http.identity import SIGNED_BY
from services.ingest.domain.downloads import Download

_LABEL = b"corofy download links v1"


def sign_download(download: Download, *, secret: str, now: datetime, lifetime: timedelta) -> str:
    """A link's token (HMAC-SHA256): it names the object, the file name and the format, and ends after `lifetime`."""
    claims = {
        "exp": int((now + lifetime).timestamp()),
        "key": download.key,
        "name": download.filename,
        "format": download.file_format,
    }
    return _signer(secret).dumps(claims)


def read_download(token: str, *, secret: str) -> Download:
    """What a link is for. Raises Gone `link_expired`, NotFound `link_invalid` for one that nobody here has signed."""
    try:
        claims = _signer(secret).loads(token)
    except BadData:
        msg = "this is no download link of ours, or it was changed on its way: ask for another one where you got it"
        raise NotFound(msg, code="link_invalid") from None
    if claims["exp"] <= utc_now().timestamp():
        msg = "this download link has expired: ask for another one where you got it"
        raise Gone(msg, code="link_expired")
    return Download(claims["key"], claims["name"], claims["format"])


def _signer(secret: str) -> URLSafeSerializer:
    """The label makes a key of its own: a link's signature proves nothing to the services, nor theirs to a link."""
    return URLSafeSerializer(secret, salt=_LABEL, signer_kwargs=SIGNED_BY)
