"""Which addresses our own reader may go to. There is no way to switch it off, and none to configure an exception."""

import re
import socket

from aiohttp.abc import ResolveResult
from yarl import URL

from libs.common.public_resolver import NotPublic, PublicResolver
from services.enrich.domain.sites.website import SiteNotReached, SiteUnread

MOST_URL_CHARS = 2000
_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])")


def checked_url(address: str | URL) -> URL:
    """An address that may be asked: http(s) on its usual port, a name with dots, nobody's login. Raises SiteUnread.

    The name is looked at in the form in which it is asked for, after all decoding: digits of other scripts, encoded dots and
    numbers in any base come out as what they are.
    """
    try:
        url = URL(address) if isinstance(address, str) else address
        host, port = url.raw_host or "", url.explicit_port
    except (ValueError, UnicodeError) as error:
        raise SiteUnread("refused", "The address cannot be read.") from error
    if len(str(url)) > MOST_URL_CHARS:
        raise SiteUnread("refused", "The address is too long.")
    if url.scheme not in _PORTS:
        raise SiteUnread("refused", f"Only http and https addresses are read, not {url.scheme or 'one without'}.")
    if url.raw_user is not None or url.raw_password is not None:
        raise SiteUnread("refused", "The address carries a login.")
    if port is not None and port != _PORTS[url.scheme]:
        raise SiteUnread("refused", f"The address names port {port}; only the usual ones are read.")
    name = host.rstrip(".")
    if host != name or not _HOST.fullmatch(name):
        raise SiteUnread("refused", "The address does not name a public host.")
    return url.with_fragment(None)


class SiteResolver(PublicResolver):
    """Resolves as that does, and says what a name that cannot be read is to a site: missing, away or refused."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses to connect to. Raises SiteUnread."""
        try:
            return await super().resolve(host, port, family)
        except NotPublic as error:
            raise SiteUnread("refused", f"The name {host} leads to an address that is not public.") from error
        except TimeoutError as error:
            raise SiteNotReached("away", f"The name {host} is not answered for.") from error
        except (OSError, UnicodeError) as error:
            again = isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN
            status, said = ("away", "cannot be looked up now") if again else ("missing", "does not exist")
            raise SiteNotReached(status, f"The name {host} {said}.") from error
