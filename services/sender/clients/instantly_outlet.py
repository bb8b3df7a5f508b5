"""Instantly as a mailbox: a mail is handed over as a lead of the campaign that stands there for ours."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from services.sender.clients.instantly import Instantly
from services.sender.clients.mailbox import Capabilities, Proof
from services.sender.domain.message import Letter
from services.sender.domain.sending import Accepted, Deferred, Outcome

RefOf = Callable[[UUID], Awaitable[str | None]]
"""The id at the provider of one of our campaigns; None while it has none."""


class InstantlyOutlet:
    """One client, for one task at a time. `ref_of` is asked once for each campaign."""

    def __init__(self, client: Instantly, ref_of: RefOf) -> None:
        self._client = client
        self._ref_of = ref_of
        self._refs: dict[UUID, str] = {}

    @property
    def capabilities(self) -> Capabilities:
        """Instantly's."""
        return self._client.capabilities

    async def open(self) -> None:
        """Nothing is kept open between mails."""

    async def close(self) -> None:
        """Close the connection."""
        await self._client.close()

    async def prove(self) -> Proof:
        """Whether the key is a good one. Raises MailboxDown."""
        return await self._client.prove()

    async def send(self, letter: Letter, *, may_call: Callable[[], bool]) -> Outcome:
        """Hand over. A mail of no campaign cannot be."""
        if letter.campaign_id is None:
            return Deferred("Instantly sends mail of campaigns only: look at a preview instead of a test", mailbox=True)
        ref = self._refs.get(letter.campaign_id) or await self._ref_of(letter.campaign_id)
        if ref is None:
            return Deferred("the campaign is not at Instantly yet: it is made there by itself", mailbox=True)
        self._refs[letter.campaign_id] = ref
        return await self._client.hand_over(letter, campaign=ref, may_call=may_call)

    async def lookup(self, message_id: str) -> Accepted | None:
        """It knows leads, and no Message-IDs of ours."""
        del message_id
        return None
