"""What sending through a mailbox stands on, from the settings and from the mailbox."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from uuid import UUID

from libs.common.uow import OpenUow
from services.sender.domain.mailboxes.dkim import Signer
from services.sender.domain.mailboxes.guardrails import Limits
from services.sender.domain.message import Sender
from services.sender.domain.sending import SendTiming
from services.sender.domain.unsubscribing import UnsubscribeLinks
from services.sender.repositories.workspaces import Clock, database_now


@dataclass(frozen=True, kw_only=True)
class HouseContext:
    """What all mailboxes share. `house_id` is the one of the settings, where they name one; `sender` is who writes through it.

    `clock` reads the database's time; `monotonic` is the process's own, for the call deadline. At most `ahead` mails are begun
    at once over a connection.
    """

    open_uow: OpenUow
    house_id: UUID | None
    sender: Sender
    links: UnsubscribeLinks
    timing: SendTiming
    default_quota: int
    batch_size: int = 10
    ahead: int = 8
    limits: Limits = field(default_factory=Limits)
    clock: Clock = database_now
    monotonic: Callable[[], float] = time.monotonic

    def through(
        self, mailbox_id: UUID, *, sender: Sender | None = None, own: bool = False, signer: Signer | None = None
    ) -> "SendContext":
        """What a turn through one of them needs."""
        shared = {one.name: getattr(self, one.name) for one in fields(HouseContext)}
        shared["sender"] = sender or self.sender
        return SendContext(**shared, mailbox_id=mailbox_id, own=own, signer=signer)


@dataclass(frozen=True, kw_only=True)
class SendContext(HouseContext):
    """What every turn through a mailbox needs. `own`: it is a workspace's, and mail bears its name. `signer` signs its mail."""

    mailbox_id: UUID
    own: bool = False
    signer: Signer | None = None
