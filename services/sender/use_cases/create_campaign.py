"""A person picks a finished list and a template: a draft that nothing is sent for yet."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from libs.common.errors import Conflict, NotFound, Transient
from libs.common.ids import new_id
from libs.common.uow import UnitOfWork
from services.sender.domain.windows import OFFICE_HOURS, Window
from services.sender.repositories import campaign_mailboxes, campaigns, lists, workspaces
from services.sender.repositories.campaigns import Campaign
from services.sender.repositories.lists import ListRow
from services.sender.repositories.templates import StoredTemplate
from services.sender.use_cases.choose_mailboxes import check_plan, choose_mailboxes
from services.sender.use_cases.choose_template import choose_template


@dataclass(frozen=True)
class NewCampaign:
    """What a person asks for. None means the default."""

    list_id: UUID
    name: str | None = None
    template_id: UUID | None = None
    daily_quota: int | None = None
    weight: int = 1
    window: Window | None = None
    mailbox_ids: tuple[UUID, ...] = ()


async def create_campaign(
    wish: NewCampaign,
    *,
    uow: UnitOfWork,
    workspace_id: UUID,
    mailbox_id: UUID | None,
    default_quota: int,
    now: datetime,
) -> Campaign:
    """`mailbox_id` is the settings'. Raises NotFound (list_not_found, template_not_found, mailbox_not_found), Conflict
    (list_not_ready, list_deleted, mailbox_missing, mailboxes_reached, sandboxed_rows), Invalid (template_invalid,
    unsubscribe_link_missing, postal_address_missing)."""
    if await workspaces.load_workspace(uow.conn, workspace_id) is None:
        raise Transient("the workspace has not reached the sender yet: try again in a moment", code="workspace_pending")
    found = await _list(uow, workspace_id=workspace_id, list_id=wish.list_id)
    template = await choose_template(uow, workspace_id=workspace_id, template_id=wish.template_id, list_id=found.id)
    chosen = await choose_mailboxes(
        uow,
        workspace_id=workspace_id,
        wanted=wish.mailbox_ids,
        house_id=mailbox_id,
        sandboxed=found.sandboxed_count > 0,
    )
    await check_plan(uow, workspace_id, chosen[0])
    for each in chosen:
        await check_sandboxed_rows(uow, found, mailbox_id=each)
    quota = wish.daily_quota or default_quota
    campaign = _campaign(
        wish, found, template, workspace_id=workspace_id, mailbox_id=chosen[0], daily_quota=quota, now=now
    )
    await campaigns.add_campaign(uow.conn, campaign)
    await campaign_mailboxes.share_campaign(uow.conn, campaign.id, chosen[1:])
    return campaign


def _campaign(
    wish: NewCampaign,
    found: ListRow,
    template: StoredTemplate,
    *,
    workspace_id: UUID,
    mailbox_id: UUID,
    daily_quota: int,
    now: datetime,
) -> Campaign:
    return Campaign(
        id=new_id(),
        workspace_id=workspace_id,
        list_id=found.id,
        mailbox_id=mailbox_id,
        template_id=template.id,
        template_version=template.version,
        name=wish.name or found.name,
        state="draft",
        daily_quota=daily_quota,
        weight=wish.weight,
        sandboxed=found.sandboxed_count > 0,
        source=template.source,
        window=wish.window or OFFICE_HOURS,
        created_at=now,
        started_at=None,
        finished_at=None,
    )


async def _list(uow: UnitOfWork, *, workspace_id: UUID, list_id: UUID) -> ListRow:
    found = await lists.load_list(uow.conn, workspace_id=workspace_id, list_id=list_id)
    if found is None:
        raise NotFound(f"there is no list {list_id}", code="list_not_found")
    if found.delete_asked_at is not None:
        raise Conflict("the list is being deleted: take another", code="list_deleted")
    if found.state != "ready":
        msg = f"the list is still arriving ({found.parts_received} of {found.parts_expected} parts): wait until it is ready"
        raise Conflict(msg, code="list_not_ready")
    return found


async def check_sandboxed_rows(uow: UnitOfWork, found: ListRow, *, mailbox_id: UUID) -> None:
    """What the sandbox made up reaches no real person. Raises Conflict (sandboxed_rows)."""
    if found.sandboxed_count and not await campaigns.mailbox_sandboxed(uow.conn, mailbox_id):
        msg = (
            f"{found.sandboxed_count} of {found.recipients_count} rows were made up by the sandbox and cannot be sent"
            " through a real mailbox: enrich the list again with real providers"
        )
        raise Conflict(msg, code="sandboxed_rows", extra={"sandboxed_rows": found.sandboxed_count})
