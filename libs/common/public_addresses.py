"""Which addresses are of the open Internet: what a tenant names must lead nowhere else."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

_NOT_PUBLIC_V4 = tuple(
    map(
        IPv4Network,
        (
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
            *("192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16"),
            *("192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
            "168.63.129.16/32",
        ),
    )
)
"""The special-purpose blocks of IANA's registry, multicast, and the one public address under which a cloud serves its hosts."""
_GLOBAL_V6 = IPv6Network("2000::/3")
_NOT_PUBLIC_V6 = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")))
"""Within it: tunnels and translators, which lead to IPv4 addresses that nobody has checked, and what is documentation."""


def is_public(address: str) -> bool:
    """Whether an address is one of the open Internet. Anything unusual is not: mapped, tunnelled, translated, scoped."""
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, IPv4Address):
        return ip.is_global and not any(ip in block for block in _NOT_PUBLIC_V4)
    return _is_public_v6(ip)


def is_loopback(address: str) -> bool:
    """Whether an address is this machine's own."""
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def _is_public_v6(ip: IPv6Address) -> bool:
    plain = ip.scope_id is None and ip in _GLOBAL_V6 and ip.is_global
    return plain and not any(ip in block for block in _NOT_PUBLIC_V6)
