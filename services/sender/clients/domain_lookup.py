"""Whether a domain takes mail, by asking DNS (RFC 5321, 5.1; RFC 7505)."""

from typing import Protocol

import dns.asyncresolver
import dns.exception
import dns.name
import dns.resolver

from services.sender.domain.mail_domains import Finding

TIMEOUT_S = 5.0


class DomainLookup(Protocol):
    """Answers for a domain whether it takes mail."""

    async def find(self, domain: str) -> Finding: ...


class DnsLookup:
    """Asks the resolvers of the machine, or those it is given. Without an answer, for want of a network as well, nothing is
    known."""

    def __init__(self, resolver: dns.asyncresolver.Resolver | None = None) -> None:
        self._resolver = resolver

    async def find(self, domain: str) -> Finding:
        """A domain without MX takes mail at its own address; one with the null MX takes none."""
        try:
            answer = await self._ask(domain, "MX")
        except dns.resolver.NXDOMAIN:
            return "no_mx"
        except dns.resolver.NoAnswer:
            return await self._has_address(domain)
        except (dns.exception.DNSException, OSError, UnicodeError):
            return "unknown"
        exchanges = [record.exchange for record in answer]
        return "no_mx" if exchanges == [dns.name.root] else "takes_mail"

    async def _has_address(self, domain: str) -> Finding:
        for kind in ("A", "AAAA"):
            try:
                await self._ask(domain, kind)
            except (dns.resolver.NoAnswer, dns.resolver.NXDOMAIN):
                continue
            except (dns.exception.DNSException, OSError):
                return "unknown"
            return "takes_mail"
        return "no_mx"

    async def _ask(self, domain: str, kind: str) -> dns.resolver.Answer:
        # Absolute, so that the machine's search list makes no other name of it.
        resolver = self._resolver or dns.asyncresolver.get_default_resolver()
        return await resolver.resolve(f"{domain}.", kind, lifetime=TIMEOUT_S, search=False)
