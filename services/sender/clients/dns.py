"""What a domain has published: TXT and MX records, asked within a bound."""

from typing import Any, Final, Protocol

import dns.asyncresolver
import dns.exception
import dns.resolver

from libs.common.errors import Transient

_BOUND_S: Final = 4.0


class DnsAway(Transient):
    """The name servers do not answer: nothing is known, which is not the same as nothing being there."""

    code = "dns_away"


class Records(Protocol):
    """What may be asked of DNS."""

    async def txt(self, name: str) -> list[str]:
        """The TXT records of a name, their pieces joined; none where there is no such name. Raises DnsAway."""
        ...

    async def mx(self, name: str) -> list[str]:
        """The hosts that take a domain's mail, the preferred one first. Raises DnsAway."""
        ...


class Dns:
    """The machine's own resolver."""

    def __init__(self) -> None:
        self._resolver: dns.asyncresolver.Resolver | None = None

    async def txt(self, name: str) -> list[str]:
        answer = await self._ask(name, "TXT")
        return [b"".join(record.strings).decode("utf-8", "replace") for record in answer]

    async def mx(self, name: str) -> list[str]:
        answer = await self._ask(name, "MX")
        found = sorted((int(record.preference), str(record.exchange).rstrip(".").lower()) for record in answer)
        return [host for _, host in found if host]

    async def _ask(self, name: str, kind: str) -> list[Any]:
        if self._resolver is None:
            self._resolver = dns.asyncresolver.Resolver()
        try:
            answer = await self._resolver.resolve(name, kind, lifetime=_BOUND_S, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except (dns.exception.DNSException, OSError, UnicodeError) as error:
            msg = f"the name servers do not answer for {name} ({kind}): try again in a moment"
            raise DnsAway(msg) from error
        return list(answer)
