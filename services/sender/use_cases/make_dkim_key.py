"""A mailbox gets keys of its own to sign mail with; what has to be published is answered."""

import secrets as randomness
from dataclasses import dataclass, replace
from uuid import UUID

from libs.common.errors import Conflict
from libs.common.uow import UnitOfWork
from services.sender.clients.mailroom import Mailroom
from services.sender.domain.mailboxes.dkim import make_ed25519, make_rsa, record_of
from services.sender.domain.mailboxes.mailbox import Dkim, MailboxView, Secrets
from services.sender.repositories import mailbox_secrets, mailboxes
from services.sender.use_cases.change_mailbox import own_mailbox
from services.sender.use_cases.open_mailbox import selectors_of

_SIGNED_BY_HOST = frozenset({"google", "microsoft"})


@dataclass(frozen=True)
class DnsRecord:
    """A TXT record to publish."""

    name: str
    value: str


async def make_dkim_key(
    uow: UnitOfWork, mailbox_id: UUID, *, workspace_id: UUID, mailroom: Mailroom, anew: bool
) -> MailboxView:
    """The keys it has, or fresh ones under another name with `anew` (the old record must stay until nothing signed with it is
    on its way). Mail is signed from then on.

    Raises NotFound (mailbox_not_found), Conflict (signed_by_host, sealing_off).
    """
    found = await own_mailbox(uow, mailbox_id, workspace_id=workspace_id, lock=True)
    if found.has_api or (found.server is not None and found.server.signs_in_with in _SIGNED_BY_HOST):
        msg = "this mailbox's host signs its mail: publish the DKIM record that the host gives you"
        raise Conflict(msg, code="signed_by_host")
    if found.dkim is not None and not anew:
        return found
    sealed = await mailbox_secrets.load_sealed(uow.conn, mailbox_id, lock=True)
    secrets = mailroom.ring.open(sealed, mailbox_id) if sealed else Secrets()
    rsa, ed25519 = make_rsa(), make_ed25519()
    kept = replace(secrets, dkim_rsa=rsa.private, dkim_ed25519=ed25519.private)
    await mailbox_secrets.seal(uow.conn, mailbox_id, mailroom.ring.seal(kept, mailbox_id))
    dkim = {"selector": f"corofy{randomness.token_hex(3)}", "rsa": rsa.public, "ed25519": ed25519.public}
    await mailboxes.put_setting(uow.conn, mailbox_id, "dkim", dkim)
    return await own_mailbox(uow, mailbox_id, workspace_id=workspace_id)


def records_of(dkim: Dkim, *, domain: str) -> list[DnsRecord]:
    """What the domain has to publish."""
    rsa, ed25519 = selectors_of(dkim.selector)
    return [
        DnsRecord(f"{rsa}._domainkey.{domain}", record_of("rsa", dkim.rsa)),
        DnsRecord(f"{ed25519}._domainkey.{domain}", record_of("ed25519", dkim.ed25519)),
    ]
