"""A person changes a mailbox of theirs: its name, where answers go, its server, its password, what it may send a day."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from libs.common.errors import Conflict, Invalid, NotFound
from libs.common.uow import UnitOfWork
from services.sender.clients.mailroom import Mailroom
from services.sender.domain.addresses import normalise
from services.sender.domain.mailboxes.mailbox import MailboxView, Ramp, Secrets, Server
from services.sender.domain.message import safe_header
from services.sender.repositories import mailbox_secrets, mailboxes, planning
from services.sender.use_cases.add_mailbox import server_of
from services.sender.use_cases.start_campaign import SENDER_WORK


class Kept:
    """Stands for what a request does not speak of."""


KEPT: Final = Kept()


@dataclass(frozen=True)
class MailboxChange:
    """What is not KEPT is written; None takes a quota, a ramp or a Reply-To away."""

    name: str | Kept = KEPT
    reply_to: str | Kept | None = KEPT
    server: Server | Kept = KEPT
    password: str | Kept = field(default=KEPT, repr=False)
    api_key: str | Kept = field(default=KEPT, repr=False)
    daily_quota: int | Kept | None = KEPT
    ramp: tuple[int, int] | Kept | None = KEPT


async def own_mailbox(uow: UnitOfWork, mailbox_id: UUID, *, workspace_id: UUID, lock: bool = False) -> MailboxView:
    """A mailbox of the workspace's own. Raises NotFound `mailbox_not_found`: also for the settings' one, which is not theirs."""
    found = await mailboxes.load(uow.conn, mailbox_id, workspace_id=workspace_id, lock=lock)
    if found is None:
        raise NotFound(f"the workspace has no mailbox {mailbox_id} of its own", code="mailbox_not_found")
    return found


async def change_mailbox(
    change: MailboxChange, *, uow: UnitOfWork, mailbox_id: UUID, workspace_id: UUID, mailroom: Mailroom, now: datetime
) -> MailboxView:
    """A ramp that is set begins today. Connections that are open are made anew.

    Raises NotFound (mailbox_not_found), Invalid as `add_mailbox`, Conflict (sealing_off, signs_in_elsewhere).
    """
    found = await own_mailbox(uow, mailbox_id, workspace_id=workspace_id, lock=True)
    columns: dict[str, Any] = {}
    if not isinstance(change.name, Kept):
        columns["name"] = safe_header("From", change.name)
    if not isinstance(change.reply_to, Kept):
        columns["reply_to"] = normalise(change.reply_to) if change.reply_to else None
    if not isinstance(change.daily_quota, Kept):
        columns["daily_quota"] = change.daily_quota
    if not isinstance(change.ramp, Kept):
        columns |= mailboxes.ramp_columns(Ramp(*change.ramp, now.date()) if change.ramp else None)
    if not (isinstance(change.server, Kept) and isinstance(change.password, Kept)):
        await _reach_otherwise(uow, found, change, mailroom=mailroom)
        columns |= {"retry_at": None, "trouble": None, "failures": 0}
    if not isinstance(change.api_key, Kept):
        await _sign_in_anew(uow, found, change.api_key, mailroom=mailroom)
        columns |= {"retry_at": None, "trouble": None, "failures": 0}
    if columns:
        await mailboxes.change(uow.conn, mailbox_id, **columns)
        await planning.ask(uow.conn, workspace_id)
        uow.notify(SENDER_WORK)
    return await own_mailbox(uow, mailbox_id, workspace_id=workspace_id)


async def _reach_otherwise(uow: UnitOfWork, found: MailboxView, change: MailboxChange, *, mailroom: Mailroom) -> None:
    if found.provider != "smtp" or (found.server and found.server.signs_in_with in {"google", "microsoft"}):
        msg = "this mailbox signs in with its provider: connect it again instead of giving a password"
        raise Conflict(msg, code="signs_in_elsewhere")
    server = found.server if isinstance(change.server, Kept) else change.server
    if (
        not isinstance(change.server, Kept)
        and isinstance(change.password, Kept)
        and _moves(found.server, change.server)
    ):
        msg = "the password would go to another server than it was given for: give it again with the server"
        raise Invalid(msg, code="password_missing")
    sealed = await mailbox_secrets.load_sealed(uow.conn, found.id, lock=True)
    secrets = mailroom.ring.open(sealed, found.id) if sealed else Secrets()
    if not isinstance(change.password, Kept):
        secrets = replace(secrets, password=change.password)
    checked = server_of(server, password=secrets.password, mailroom=mailroom)
    await mailboxes.put_setting(uow.conn, found.id, "server", checked.as_json)
    if not isinstance(change.password, Kept):
        await mailbox_secrets.seal(uow.conn, found.id, mailroom.ring.seal(secrets, found.id))


async def _sign_in_anew(uow: UnitOfWork, found: MailboxView, key: str, *, mailroom: Mailroom) -> None:
    """A stand-in stays one: mail to made-up people must not begin to reach real ones."""
    if not found.has_api or found.sandboxed:
        msg = "this mailbox signs in without a key: leave api_key out, or add a mailbox with it"
        raise Conflict(msg, code="signs_in_elsewhere")
    await mailbox_secrets.seal(uow.conn, found.id, mailroom.ring.seal(Secrets(api_key=key), found.id))


def _moves(before: Server | None, after: Server) -> bool:
    return before is not None and before.user is not None and (before.host, before.port) != (after.host, after.port)
