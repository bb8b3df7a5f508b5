"""Who could be planned today: page after page of each campaign, until there are enough who can be sent to."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.sender.domain.plan.candidates import PlannedCampaign
from services.sender.domain.plan.sorting import Gathered, Sorter
from services.sender.repositories import candidates
from services.sender.repositories.sleepers import PAGE

_PAGE = 500


@dataclass
class Queue:
    """Where one campaign's candidates go on."""

    campaign: PlannedCampaign
    position: int = -1
    email_id: UUID | None = None
    exhausted: bool = False

    async def gather(
        self, conn: AsyncConnection, sorter: Sorter, *, wanted: int, first_mails: bool, into: Gathered
    ) -> None:
        """Take in at least `wanted` who can be sent to, or all there are; of `first_mails` none where no mailbox could send
        them. It ends early once there are many who cannot be sent to today."""
        await self._mails(conn, sorter, wanted=wanted, into=into)
        while wanted > 0 and first_mails and not self.exhausted and len(into.asleep) < PAGE:
            limit = min(max(wanted, 50), _PAGE)
            found = await candidates.fresh(conn, self.campaign.id, after=self.position, limit=limit)
            self.exhausted = len(found) < limit
            self.position = found[-1].position if found else self.position
            wanted -= sorter.sort(found, self.campaign, into=into)

    async def _mails(self, conn: AsyncConnection, sorter: Sorter, *, wanted: int, into: Gathered) -> None:
        """Mails that have a row come first, so that all that could be planned must be known before any first mail is."""
        while wanted > 0 and len(into.asleep) < PAGE:
            limit = min(max(wanted, 50), _PAGE)
            found = await candidates.again(
                conn, self.campaign.id, after=self.email_id, until=sorter.day.ends_at, limit=limit
            )
            self.email_id = found[-1].email_id if found else self.email_id
            wanted -= sorter.sort(found, self.campaign, into=into)
            if len(found) < limit:
                return
