"""Decisions about single emails."""

from uuid import UUID

from fastapi import APIRouter

from libs.common.http.dependencies import Uow
from libs.common.http.identity import MemberIdentity
from libs.common.http.problems import PROBLEM_RESPONSES
from services.sender.api.resources import CurrentResources
from services.sender.schemas.emails import ResolutionIn, ResolutionOut
from services.sender.use_cases.resolve_email import resolve_email

router = APIRouter(prefix="/v1", responses=PROBLEM_RESPONSES)


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
