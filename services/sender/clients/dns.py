"""What a domain has published: TXT and MX records, and whether it takes mail (RFC 5321, 5.1; RFC 7505), asked within a bound."""

from typing import Any, Final, Protocol

import dns.asyncresolver
import dns.exception
import dns.name
import dns.resolver

from libs.common.errors import Transient
from services.sender.domain.mail_domains import Finding

BOUND_S: Final = 4.0


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


class DomainLookup(Protocol):
    """Answers for a domain whether it takes mail."""

    async def find(self, domain: str) -> Finding:
        """`unknown` where DNS says nothing, for want of a network as well."""
        ...


class Dns:
    """The machine's own resolver, or one that it is given."""

    def __init__(self, resolver: dns.asyncresolver.Resolver | None = None) -> None:
        self._resolver = resolver

    async def txt(self, name: str) -> list[str]:
        answer = await self._ask(name, "TXT") or []
        return [b"".join(record.strings).decode("utf-8", "replace") for record in answer]

    async def mx(self, name: str) -> list[str]:
        answer = await self._ask(name, "MX") or []
        found = sorted((int(record.preference), str(record.exchange).rstrip(".").lower()) for record in answer)
        return [host for _, host in found if host]

    async def find(self, domain: str) -> Finding:
        """A domain without MX takes mail at its own address; one with the null MX takes none."""
        try:
            exchanges = await self._ask(domain, "MX")
            if exchanges:
                is_null = [record.exchange for record in exchanges] == [dns.name.root]
                return "no_mx" if is_null else "takes_mail"
            if exchanges is not None and (await self._ask(domain, "A") or await self._ask(domain, "AAAA")):
                return "takes_mail"
        except DnsAway:
            return "unknown"
        return "no_mx"

    async def _ask(self, name: str, kind: str) -> list[Any] | None:
        """None where there is no such name. Raises DnsAway."""
        try:
            # Absolute, so that the machine's search list makes no other name of it.
            resolver = self._resolver or dns.asyncresolver.get_default_resolver()
            answer = await resolver.resolve(f"{name.rstrip('.')}.", kind, lifetime=BOUND_S, search=False)
        except dns.resolver.NXDOMAIN:
            return None
        except dns.resolver.NoAnswer:
            return []
        except (dns.exception.DNSException, OSError, UnicodeError) as error:
            msg = f"the name servers do not answer for {name} ({kind}): try again in a moment"
            raise DnsAway(msg) from error
        return list(answer)
