"""A person has dead letters sent again: the same emails, under the same Message-IDs, with new slots."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from libs.common.contracts.sender import CampaignStarted
from libs.common.uow import UnitOfWork
from services.sender.repositories import dead_letters, planning, revivals, workspaces
from services.sender.repositories.dead_letters import Which

MOST_AT_ONCE = 500


@dataclass(frozen=True)
class Replayed:
    """How many are on their way again, how many could not be, by reason, and behind which email there may be more to do."""

    replayed: int
    kept: Mapping[str, int] = field(default_factory=dict)
    next_before: UUID | None = None


async def replay_dead_letters(uow: UnitOfWork, which: Which, *, made_by: UUID, now: datetime) -> Replayed:
    """Key: the email's state, so a second click finds nothing to do. The first 500 that are chosen.

    Kept open are those that `why_not` speaks against. It waits for starts, which enrol the same addresses, and for the
    planner, which would finish a campaign that is just going on.
    """
    await workspaces.queue_for_start(uow.conn, which.workspace_id)
    await workspaces.load_workspace(uow.conn, which.workspace_id, lock=True)
    letters = await dead_letters.find(uow.conn, which, limit=MOST_AT_ONCE, lock=True)
    reasons = await revivals.why_not(uow.conn, letters, workspace_id=which.workspace_id)
    done = [letter.email_id for letter in letters if letter.email_id not in reasons]
    for campaign in await revivals.revive(uow.conn, done, now=now):
        told = CampaignStarted(campaign_id=campaign.id, name=campaign.name)
        uow.publish(told, tenant_id=which.workspace_id, correlation_id=campaign.id)
    await dead_letters.close(uow.conn, done, state="replayed", made_by=made_by, now=now)
    if done:
        await planning.ask(uow.conn, which.workspace_id)
    behind = letters[-1].email_id if len(letters) == MOST_AT_ONCE else None
    return Replayed(len(done), dict(Counter(reasons.values())), next_before=behind)
