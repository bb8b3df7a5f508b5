"""Whether a broker lets us in, asked by the AMQP handshake itself."""

from __future__ import annotations

import asyncio

import aio_pika

REFUSALS = (OSError, TimeoutError, aio_pika.exceptions.AMQPError)
"""What `shake_hands` raises when nobody is there, nobody answers, or we are not let in."""


async def shake_hands(url: str, *, seconds: float) -> None:
    """Log in and out again. Raises one of REFUSALS, and ValueError for a URL that is none."""
    connection = aio_pika.Connection(aio_pika.connection.make_url(url))
    try:
        async with asyncio.timeout(seconds):
            await connection.connect()
    finally:
        # Also when it was refused: the garbage collector would want to await the close, and may find no loop to do so.
        await connection.close()
