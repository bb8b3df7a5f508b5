"""Whoever sets a mailbox up wrongly reads what is wrong and what to change, not what a socket said."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Literal

import pytest

from services.sender.clients.mailbox import MailboxDown
from services.sender.clients.smtp import SmtpMailbox
from services.sender.clients.smtp_door import Door
from tests.integration.sender.servers import Inbox, listening
from tests.support.certificates import self_signed

Kind = Literal["plain", "login", "tls", "web", "mute", "none"]


@pytest.fixture
async def ports(tmp_path: Path) -> AsyncGenerator[dict[Kind, int]]:
    """Servers on this machine: mail servers of three kinds, a web server, one that never speaks, and nothing at all."""
    ended = asyncio.Event()

    async def web(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    async def mute(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await ended.wait()
        writer.close()

    async with AsyncExitStack() as stack:
        found: dict[Kind, int] = {"none": 1}
        found["plain"] = await stack.enter_async_context(listening(Inbox()))
        found["login"] = await stack.enter_async_context(listening(Inbox(), logins=True))
        server, _ = self_signed(tmp_path, "mail.own.example")
        found["tls"] = await stack.enter_async_context(listening(Inbox(), tls=server))
        others: tuple[tuple[Kind, object], ...] = (("web", web), ("mute", mute))
        for kind, answer in others:
            made = await asyncio.start_server(answer, "127.0.0.1", 0)  # pyright: ignore[reportArgumentType] - both answer
            await stack.enter_async_context(made)
            found[kind] = made.sockets[0].getsockname()[1]
        yield found
        ended.set()


@pytest.mark.parametrize(
    ("kind", "tls", "start_tls", "user", "words", "pause"),
    [
        ("none", True, False, None, "Nothing listens at 127.0.0.1:1: check the port", None),
        ("login", False, False, "ann", "does not accept this user and password", "login_refused"),
        ("plain", True, False, None, "choose STARTTLS", None),
        ("plain", False, True, None, "offers no STARTTLS: choose TLS", None),
        ("tls", True, False, None, "a certificate that does not prove its name", None),
        ("tls", False, False, None, "or it speaks TLS from the first byte", None),
        ("mute", False, False, None, "the port is not a mail server's", None),
        ("web", False, False, None, "is no mail server", None),
    ],
)
async def test_what_is_wrong_is_said_in_a_sentence_with_what_to_change(
    ports: dict[Kind, int],
    kind: Kind,
    tls: bool,
    start_tls: bool,
    user: str | None,
    words: str,
    pause: str | None,
) -> None:
    """Red when a person reads `[Errno 111]` or `TimeoutError` alone, or a wrong password is not for a person to mend."""
    door = Door("127.0.0.1", ports[kind], tls=tls, start_tls=start_tls, username=user, password=user)
    mailbox = SmtpMailbox(
        door, connect_timeout_s=0.5 if kind in {"mute", "tls"} and not tls else 5, provider_timeout_s=5
    )
    with pytest.raises(MailboxDown) as down:
        await mailbox.open()
    assert words in down.value.message
    assert "It said: " in down.value.message
    assert down.value.pause == pause


async def test_a_host_that_nobody_knows_is_named() -> None:
    door = Door("smtp.nowhere.invalid", 465, tls=True, start_tls=False)
    with pytest.raises(MailboxDown, match=r"No server has the name smtp\.nowhere\.invalid: check the host"):
        await SmtpMailbox(door, connect_timeout_s=5, provider_timeout_s=5).open()
