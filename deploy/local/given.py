"""Servers that the person names by URL: looked at before anything is started on them."""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

import asyncpg

from deploy.local.errors import StackError
from deploy.local.handshake import REFUSALS, shake_hands

PATIENCE_S = 10


def libpq_url(url: str) -> str:
    """In libpq's words, which the driver by itself takes, too: through SQLAlchemy it wants `ssl` for `sslmode`."""
    plain = url.replace("postgresql+asyncpg://", "postgresql://", 1)
    return plain.replace("?ssl=", "?sslmode=").replace("&ssl=", "&sslmode=")


async def check_database(url: str, *, named_by: str = "DATABASE_URL") -> None:
    """Raises StackError when no Postgres there lets us in."""
    try:
        connection = await asyncpg.connect(libpq_url(url), timeout=PATIENCE_S)
    except (OSError, TimeoutError, asyncpg.PostgresError, ValueError, asyncpg.InterfaceError) as error:
        raise StackError(_refusal(named_by, url, "Postgres", error)) from error
    await connection.close()


async def check_broker(url: str) -> None:
    """Raises StackError when no RabbitMQ there lets us in."""
    # The client logs what we are about to say in one sentence.
    logging.getLogger("aiormq").setLevel(logging.CRITICAL)
    try:
        await shake_hands(url, seconds=PATIENCE_S)
    except (*REFUSALS, ValueError) as error:
        raise StackError(_refusal("RABBITMQ_URL", url, "RabbitMQ", error)) from error


def _refusal(name: str, url: str, kind: str, error: BaseException) -> str:
    address = urlsplit(url)
    reason = str(error) or type(error).__name__
    return (
        f"{name} names {address.hostname}:{address.port or 'the standard port'}, where no {kind} lets us in ({reason}): "
        f"start it, correct the URL, or unset {name} to use a private one."
    )
