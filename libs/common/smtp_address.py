"""Where a mail server is: an SMTP_URL, read."""

import ipaddress
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from libs.common.errors import Invalid


@dataclass(frozen=True)
class SmtpAddress:
    """A parsed SMTP_URL: `smtp://` (STARTTLS where offered, and always where a password is sent) or `smtps://`."""

    host: str
    port: int
    tls: bool
    username: str | None
    password: str | None

    @property
    def is_loopback(self) -> bool:
        """Whether it is this machine."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def start_tls(self) -> bool | None:
        """Never in loopback; a must before a password; otherwise where the server offers it."""
        if self.tls or self.is_loopback:
            return False
        return True if self.username else None


def parse_smtp_url(url: str) -> SmtpAddress:
    """Raises Invalid."""
    parts = urlsplit(url)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        msg = "SMTP_URL must look like smtp://user:password@host:587 or smtps://user:password@host:465"
        raise Invalid(msg, code="smtp_url_invalid")
    tls = parts.scheme == "smtps"
    username = unquote(parts.username) if parts.username else None
    password = unquote(parts.password) if parts.password else None
    return SmtpAddress(parts.hostname, parts.port or (465 if tls else 25), tls, username, password)
