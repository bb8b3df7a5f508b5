"""What is left of a handshake that was refused."""

import gc
import socket

import aio_pika
import pytest

from deploy.local.handshake import REFUSALS, shake_hands


async def test_a_refused_handshake_leaves_no_open_connection_to_the_garbage_collector() -> None:
    """Red when a connection that failed is not closed: the collector then makes a close() that nobody may ever await."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # bound and not listening: every connect is refused
        url = f"amqp://127.0.0.1:{nobody.getsockname()[1]}/"
        with pytest.raises(REFUSALS) as refused:
            await shake_hands(url, seconds=5)
    left = [one for one in gc.get_objects() if type(one) is aio_pika.Connection and str(one.url) == url]
    assert all(connection.is_closed for connection in left), refused.value
