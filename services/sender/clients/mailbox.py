"""What the sending loops need of a mailbox, whatever provider stands behind it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from libs.common.errors import Transient
from services.sender.domain.message import Letter
from services.sender.domain.sending import Accepted, Outcome


@dataclass(frozen=True)
class Capabilities:
    """What a provider can do besides taking a mail. The protocol of a send leans on nothing that is not stated here."""

    lookup: bool = False
    """It can be asked whether it has taken the mail of a Message-ID."""
    idempotency: bool = False
    """The same mail handed over twice under one key leaves once."""
    webhooks: bool = False
    """It tells of deliveries, bounces and complaints."""
    hand_over: bool = False
    """It schedules by itself: what it takes leaves when it thinks best."""


class MailboxDown(Transient):
    """The provider cannot be reached, or does not let us in. `pause`: it will not, before a person has done something."""

    code = "mailbox_down"

    def __init__(self, message: str, *, pause: str | None = None) -> None:
        super().__init__(message)
        self.pause = pause


@dataclass(frozen=True)
class Proof:
    """The provider lets the key send. `sandboxed`: it is the sandbox that says so. `accounts`: whom it can send as, where it
    names them."""

    sandboxed: bool
    accounts: tuple[str, ...] = ()


@runtime_checkable
class Provable(Protocol):
    """A mailbox whose key can be tried without sending anything."""

    async def prove(self) -> Proof:
        """Raises MailboxDown with the provider's own words; `pause` where it refuses the key."""
        ...


class Mailbox(Protocol):
    """One connection to a provider. Not for use by two tasks at once."""

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        ...

    async def open(self) -> None:
        """Be connected. Raises MailboxDown."""
        ...

    async def send(self, letter: Letter, *, may_call: Callable[[], bool]) -> Outcome:
        """Hand over one mail. `may_call` is asked right before the first byte."""
        ...

    async def lookup(self, message_id: str) -> Accepted | None:
        """Proof that the mail was taken. None proves nothing: also what never is found may have been taken. Raises MailboxDown
        when nobody answers."""
        ...

    async def close(self) -> None:
        """Hang up."""
        ...
