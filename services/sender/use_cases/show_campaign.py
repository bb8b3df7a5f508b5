"""Campaigns as a person looks at them: where their leads stand, and what they may still send today."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from libs.common.errors import NotFound
from libs.common.uow import UnitOfWork
from services.sender.domain.days import day_at
from services.sender.domain.mailboxes.account import hand_over_note
from services.sender.repositories import campaign_counts, campaign_mailboxes, hand_overs, lists, workspaces
from services.sender.repositories.campaigns import Campaign

_OF_MAILS = ("sending", "sent", "failed", "unknown", "deferred", "cancelled")


@dataclass(frozen=True)
class CampaignView:
    """`counts` has every name the API promises; `limit` and `used` are of today. `rows` of its list there are to take in."""

    campaign: Campaign
    counts: dict[str, int]
    limit: int
    used: int
    rows: int
    mailbox_ids: Sequence[UUID]
    hand_over_note: str | None


async def show_campaign(uow: UnitOfWork, campaign: Campaign, *, now: datetime, default_quota: int) -> CampaignView:
    """Count a campaign. Raises NotFound when its workspace is gone."""
    return (await show_campaigns(uow, [campaign], now=now, default_quota=default_quota))[0]


async def show_campaigns(
    uow: UnitOfWork, found: Sequence[Campaign], *, now: datetime, default_quota: int
) -> list[CampaignView]:
    """Count campaigns of one workspace, in as many statements for a page as for one. Raises NotFound as `show_campaign`."""
    if not found:
        return []
    workspace = await workspaces.load_workspace(uow.conn, found[0].workspace_id)
    if workspace is None:
        raise NotFound(f"there is no campaign {found[0].id}", code="campaign_not_found")
    ids = [one.id for one in found]
    mails = await campaign_counts.email_counts(uow.conn, ids)
    leads = await campaign_counts.enrolment_counts(uow.conn, ids)
    today = day_at(now, time_zone=workspace.time_zone).date
    used = await campaign_counts.used_today(uow.conn, ids, day=today)
    rows = await lists.row_counts(uow.conn, [one.list_id for one in found if one.state == "starting"])
    beside = await campaign_mailboxes.beside(uow.conn, ids)
    notes = await hand_overs.notes_of(uow.conn, ids)
    return [
        CampaignView(
            one,
            _counts(mails[one.id], leads[one.id]),
            min(one.daily_quota, workspace.daily_quota or default_quota),
            used[one.id],
            rows.get(one.list_id, 0),
            [one.mailbox_id, *beside[one.id]],
            hand_over_note(notes[one.id]),
        )
        for one in found
    ]


def _counts(mails: Mapping[str, int], leads: Mapping[str, int]) -> dict[str, int]:
    counts = {name: mails.get(name, 0) for name in _OF_MAILS}
    counts["planned"] = mails.get("planned", 0) + mails.get("claimed", 0)
    counts["waiting"] = leads["untouched"] + mails.get("slotless", 0)
    counts["suppressed"] = leads["suppressed"] + mails.get("suppressed", 0)
    counts["excluded"] = leads["excluded"]
    return counts
