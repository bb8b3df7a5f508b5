"""How often somebody may try: buckets for each address, each client and each user, which fill evenly."""

import hashlib
import ipaddress
from dataclasses import dataclass
from typing import Literal

_IPV6_NETWORK = 64

Kind = Literal["password", "new_password", "sign_up", "mail", "token", "invitation"]


@dataclass(frozen=True)
class Bucket:
    """`burst` at once, then one every `every_s`."""

    every_s: float
    burst: int

    @property
    def full_s(self) -> float:
        """How far ahead of now an empty bucket is used up."""
        return self.every_s * self.burst


BY_ADDRESS: dict[Kind, Bucket] = {
    "password": Bucket(30, 20),
    "new_password": Bucket(60, 10),
    "sign_up": Bucket(120, 5),
    "mail": Bucket(300, 3),
}
"""For one email address. The right password empties what wrong ones have filled."""
BY_CLIENT: dict[Kind, Bucket] = {
    "password": Bucket(3, 100),
    "new_password": Bucket(6, 100),
    "sign_up": Bucket(6, 100),
    "mail": Bucket(30, 20),
    "token": Bucket(0.5, 300),
}
"""For one client address, or the network of one (IPv6)."""
BY_INVITER = Bucket(864, 100)
"""Mails of invitations by one user, however many workspaces they own: a hundred, and a hundred more a day."""
BY_INVITED = Bucket(4 * 3600, 5)
"""Mails of invitations to one address, whoever sends them."""


def key_of(kind: Kind, whom: str) -> bytes:
    """What a bucket is known by; no address is kept in it."""
    return hashlib.sha256(f"{kind}\0{whom}".encode("utf-8", "replace")).digest()


def network_of(client: str) -> str:
    """Whoever has one IPv6 address has 2^64 of them."""
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return client
    if address.version == 4:
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, _IPV6_NETWORK), strict=False))
