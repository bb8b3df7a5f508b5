"""A workspace's own mailboxes in tests: sealed with a key of the tests', opened on real sockets."""

from __future__ import annotations

from uuid import UUID, uuid4

import httpx

from libs.common.public_resolver import Lookup
from libs.common.smtp_address import parse_smtp_url
from services.sender.clients.mailroom import Mailroom
from services.sender.clients.oauth import OAuth, OAuthApp
from services.sender.clients.secrets import SecretsRing
from services.sender.domain.mailboxes.mailbox import MailboxView, Server
from services.sender.repositories import mailboxes
from services.sender.use_cases.add_mailbox import MailboxWish, add_mailbox
from services.sender.use_cases.open_mailbox import Opener
from tests.integration.sender.world import World

RING = "0123456789abcdef0123456789abcdef"
FRESH = "fedcba9876543210fedcba9876543210"
REDIRECT = "https://app.corofy.example/v1/oauth/callback"


def mailroom(
    *keys: str, any_host: bool = True, lookup: Lookup | None = None, sandbox_port: int | None = None
) -> Mailroom:
    """Opens mailboxes wherever they are, unless a test wants the guard."""
    return Mailroom(
        ring=SecretsRing(keys or (RING,)),
        connect_timeout_s=5,
        provider_timeout_s=5,
        sandbox=parse_smtp_url(f"smtp://127.0.0.1:{sandbox_port}") if sandbox_port else None,
        any_host=any_host,
        lookup=lookup,
    )


def oauth(url: str = "http://127.0.0.1:1", *, http: httpx.AsyncClient | None = None) -> OAuth:
    """Google's and Microsoft's stand-ins at the sandbox."""
    apps = {
        name: OAuthApp(name, "id", "client-secret", f"{url}/oauth/{name}/authorize", f"{url}/oauth/{name}/token", True)
        for name in ("google", "microsoft")
    }
    return OAuth(apps, redirect_uri=REDIRECT, http=http or httpx.AsyncClient())  # pyright: ignore[reportArgumentType] - the two names


def opener(world: World, room: Mailroom | None = None) -> Opener:
    return Opener(world.open_uow, room or mailroom(), oauth())


def wish(
    port: int = 2525, *, address: str | None = None, user: str = "", password: str = "", **more: object
) -> MailboxWish:
    """A mailbox on this machine; without a user its server asks for no login."""
    server = Server("127.0.0.1", port, "none", user or None)
    address = address or f"ann.{uuid4().hex[:8]}@own.example"
    return MailboxWish(address=address, name="Ann Own", server=server, password=password, **more)  # pyright: ignore[reportArgumentType] - as given


async def add(world: World, asked: MailboxWish, *, room: Mailroom | None = None, key: str | None = None) -> MailboxView:
    async with world.open_uow() as uow:
        return await add_mailbox(
            asked, uow=uow, workspace_id=world.workspace_id, mailroom=room or mailroom(), key=key, now=world.now
        )


async def view_of(world: World, mailbox_id: UUID) -> MailboxView:
    async with world.open_uow() as uow:
        found = await mailboxes.load(uow.conn, mailbox_id)
    assert found is not None
    return found
