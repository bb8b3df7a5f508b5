"""The emails of a workspace, and decisions about single ones."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from libs.common.http.dependencies import Uow
from libs.common.http.identity import CurrentIdentity, MemberIdentity
from libs.common.http.problems import PROBLEM_RESPONSES
from services.sender.api.resources import CurrentResources, Cursor, Limit, cut
from services.sender.repositories import emails
from services.sender.schemas.emails import (
    EmailOut,
    EmailPage,
    EmailState,
    ResolutionIn,
    ResolutionOut,
    ResolutionsIn,
    ResolutionsOut,
)
from services.sender.use_cases.resolve_email import resolve_email
from services.sender.use_cases.resolve_emails import Chosen, resolve_emails

router = APIRouter(prefix="/v1", responses=PROBLEM_RESPONSES)


@router.get("/emails", tags=["emails"])
async def list_emails(
    identity: CurrentIdentity,
    uow: Uow,
    campaign_id: UUID | None = None,
    state: Annotated[EmailState | None, Query()] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> EmailPage:
    """The workspace's emails, newest first."""
    rows = await emails.page_emails(
        uow.conn,
        workspace_id=identity.workspace_id,
        campaign_id=campaign_id,
        state=state,
        before=cursor,
        limit=limit + 1,
    )
    page, more = cut(rows, limit)
    items = [EmailOut.of(row) for row in page]
    return EmailPage(items=items, next_cursor=str(page[-1].id) if more else None)


@router.post("/emails/resolve", tags=["emails"])
async def resolve_many(
    body: ResolutionsIn, identity: MemberIdentity, uow: Uow, resources: CurrentResources
) -> ResolutionsOut:
    """Decide about unknown emails at once, at most 200, oldest first: they were `sent`, or `send_again`.

    As for a single one: sending again may mean that they arrive twice. A second click changes nothing.
    """
    done = await resolve_emails(
        uow,
        Chosen(identity.workspace_id, campaign_id=body.campaign_id, mailbox_id=body.mailbox_id, after=body.cursor),
        outcome=body.outcome,
        decided_by=str(identity.user_id),
        now=await resources.clock(uow.conn),
    )
    return ResolutionsOut(resolved=done.resolved, kept=done.ended, next_cursor=done.next_after)


@router.post("/emails/{email_id}/resolve", tags=["emails"])
async def resolve(
    email_id: UUID, body: ResolutionIn, identity: MemberIdentity, uow: Uow, resources: CurrentResources
) -> ResolutionOut:
    """Decide about an email whose outcome is unknown: it was `sent`, or `send_again` under the same Message-ID.

    Sending again may mean that it arrives twice: look at the mailbox's sent mail first. Kept with who decided and when; the
    second of two clicks changes nothing. 404 email_not_found, 409 not_unknown, resolved_otherwise.
    """
    changed = await resolve_email(
        uow,
        workspace_id=identity.workspace_id,
        email_id=email_id,
        outcome=body.outcome,
        decided_by=str(identity.user_id),
        now=await resources.clock(uow.conn),
    )
    return ResolutionOut(email_id=email_id, outcome=body.outcome, changed=changed)
