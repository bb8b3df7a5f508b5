"""Who is counted as one: a client, the network of one, an address."""

import pytest
from starlette.requests import Request

from services.gateway.api.client_address import client_address
from services.gateway.domain.attempts import BY_ADDRESS, BY_CLIENT, key_of, network_of


@pytest.mark.parametrize(
    ("client", "network"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("no address", "no address"),
    ],
)
def test_whoever_has_a_network_is_one_client(client: str, network: str) -> None:
    """Red when each of 2^64 addresses has a bucket of its own."""
    assert network_of(client) == network


@pytest.mark.parametrize(
    ("proxies", "said", "client"),
    [
        (0, None, "10.0.0.1"),
        (0, "203.0.113.9", "10.0.0.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "1.1.1.1, 203.0.113.9", "203.0.113.9"),
        (2, "1.1.1.1, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        (2, "203.0.113.9", "203.0.113.9"),
        (1, None, "10.0.0.1"),
    ],
)
def test_only_what_our_own_proxies_say_is_believed(proxies: int, said: str | None, client: str) -> None:
    """Red when a header that anybody may send makes another client of them."""
    headers = [] if said is None else [(b"x-forwarded-for", said.encode())]
    request = Request({"type": "http", "headers": headers, "client": ("10.0.0.1", 1234)})
    assert client_address(request, proxies=proxies) == client


def test_what_is_counted_keeps_no_address() -> None:
    assert len({key_of("password", "a"), key_of("sign_up", "a"), key_of("password", "b")}) == 3
    assert all(bucket.full_s >= bucket.every_s > 0 for bucket in [*BY_ADDRESS.values(), *BY_CLIENT.values()])
    assert b"address" not in key_of("password", "address")
