"""A workspace brings a mailbox: where mail leaves, under whose name, with what it signs in."""

import hashlib
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from ipaddress import ip_address
from uuid import UUID

import orjson

from libs.common.errors import Conflict, Invalid, Transient
from libs.common.ids import new_id
from libs.common.public_addresses import is_public
from libs.common.uow import UnitOfWork
from services.sender.clients.mailroom import Mailroom
from services.sender.domain.addresses import normalise
from services.sender.domain.entitlements import check_mailboxes
from services.sender.domain.mailboxes.account import WITH_API, ApiAccount, checked_account
from services.sender.domain.mailboxes.mailbox import MailboxView, Provider, Ramp, Secrets, Server, checked_server
from services.sender.domain.message import safe_header
from services.sender.repositories import entitlements, mailboxes, workspaces
from services.sender.repositories.mailboxes import NewMailbox


@dataclass(frozen=True)
class MailboxWish:
    """What a person asks for. `ramp` is (mails on the first day, more on each day after).

    `sandboxed`: the provider turned out to be the sandbox's stand-in.
    """

    address: str
    name: str
    provider: Provider = "smtp"
    reply_to: str | None = None
    server: Server | None = None
    password: str = field(default="", repr=False)
    daily_quota: int | None = None
    ramp: tuple[int, int] | None = None
    account: ApiAccount | None = None
    api_key: str = field(default="", repr=False)
    sandboxed: bool = False

    @property
    def fingerprint(self) -> str:
        """Of everything but the secrets, which must not lie about in any form that could be guessed at."""
        told = asdict(replace(self, password="", api_key=""))
        return hashlib.sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).hexdigest()


async def add_mailbox(
    wish: MailboxWish, *, uow: UnitOfWork, workspace_id: UUID, mailroom: Mailroom, key: str | None, now: datetime
) -> MailboxView:
    """One mailbox per (workspace, Idempotency-Key), and per address. Nothing is connected to yet: `try_mailbox` does.

    Raises Invalid (invalid_address, unsafe_header, server_malformed, server_unsafe), Conflict (mailbox_exists,
    mailboxes_reached, idempotency_key_reused, sealing_off, sandbox_missing), Transient (workspace_pending).
    """
    if await workspaces.load_workspace(uow.conn, workspace_id) is None:
        raise Transient("the workspace has not reached the sender yet: try again in a moment", code="workspace_pending")
    await mailboxes.queue_for_adding(uow.conn, workspace_id)
    if key and (known := await mailboxes.load_asked(uow.conn, workspace_id=workspace_id, key=key)):
        return _same(*known, wish)
    new = _new(wish, workspace_id=workspace_id, mailroom=mailroom, key=key, now=now)
    allowed = await entitlements.mailboxes_of(uow.conn, workspace_id)
    check_mailboxes(allowed, used=len(await mailboxes.own(uow.conn, workspace_id)) + 1)
    if not await mailboxes.add(uow.conn, new):
        msg = f"the workspace has a mailbox of {new.address} already: change that one"
        raise Conflict(msg, code="mailbox_exists")
    made = await mailboxes.load(uow.conn, new.id)
    assert made is not None, "it was just added"
    return made


def _same(known: MailboxView, asked: str | None, wish: MailboxWish) -> MailboxView:
    if asked != wish.fingerprint:
        msg = "this Idempotency-Key stands for another mailbox: use a fresh key for a fresh wish"
        raise Conflict(msg, code="idempotency_key_reused")
    return known


def _new(wish: MailboxWish, *, workspace_id: UUID, mailroom: Mailroom, key: str | None, now: datetime) -> NewMailbox:
    mailbox_id, address = new_id(), normalise(wish.address)
    server = server_of(wish.server, password=wish.password, mailroom=mailroom) if wish.provider == "smtp" else None
    if wish.provider == "sandbox" and mailroom.sandbox is None:
        msg = "there is no sandbox here: give a mail server"
        raise Conflict(msg, code="sandbox_missing")
    with_api = wish.provider in WITH_API
    secrets = Secrets(api_key=wish.api_key) if with_api else Secrets(password=wish.password)
    sealed = mailroom.ring.seal(secrets, mailbox_id) if secrets != Secrets() else None
    return NewMailbox(
        id=mailbox_id,
        workspace_id=workspace_id,
        provider=wish.provider,
        address=address,
        name=safe_header("From", wish.name),
        reply_to=normalise(wish.reply_to) if wish.reply_to else None,
        server=server,
        sealed=sealed,
        daily_quota=wish.daily_quota,
        ramp=Ramp(*wish.ramp, now.date()) if wish.ramp else None,
        idempotency_key=key,
        asked=wish.fingerprint,
        account=checked_account(wish.provider, wish.account, address=address) if with_api else None,
        sandboxed=wish.sandboxed,
    )


def server_of(server: Server | None, *, password: str, mailroom: Mailroom) -> Server:
    """The server as it may be kept. A name is looked at again whenever it is connected to. Raises Invalid."""
    if server is None:
        msg = "a mailbox needs its mail server: host, port, user and password"
        raise Invalid(msg, code="server_malformed")
    checked = checked_server(server, has_password=bool(password), any_host=mailroom.any_host)
    if not mailroom.any_host and _is_inside(checked.host):
        msg = f"{checked.host} is not on the open Internet: give the public name of the mail server"
        raise Invalid(msg, code="server_unsafe")
    return checked


def _is_inside(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return "." not in host or host.endswith((".local", ".internal", ".localhost", ".lan", ".home.arpa"))
    return not is_public(host)
