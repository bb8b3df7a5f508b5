"""Routes of caps that hold for single members."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from libs.common.clock import utc_now
from libs.common.http.dependencies import Uow
from libs.common.http.identity import AdminIdentity
from libs.common.http.problems import PROBLEM_RESPONSES
from services.billing.repositories.watching import member_caps
from services.billing.repositories.watching.member_caps import MemberCap
from services.billing.schemas.watching import MemberCapAnswer, MemberCapBody, MemberCapsAnswer
from services.billing.use_cases.list_member_caps import list_member_caps, show_member_cap

router = APIRouter(prefix="/v1/billing/caps/members", tags=["billing"], responses=PROBLEM_RESPONSES)


@router.get("")
async def list_caps_of_members(
    identity: AdminIdentity, uow: Uow, cursor: UUID | None = None, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> MemberCapsAnswer:
    """The members who have a cap of their own (owners and admins), with what each has spent this month."""
    found = await list_member_caps(identity.workspace_id, after=cursor, limit=limit + 1, uow=uow, now=utc_now())
    items = [MemberCapAnswer.model_validate(one) for one in found[:limit]]
    return MemberCapsAnswer(items=items, next_cursor=str(items[-1].user_id) if len(found) > limit else None)


@router.put("/{user_id}")
async def put_cap_of_member(user_id: UUID, body: MemberCapBody, identity: AdminIdentity, uow: Uow) -> MemberCapAnswer:
    """Set a member's own cap (owners and admins), which holds in place of `per_member`, higher or lower. null: this member is
    without a cap. The workspace's own caps hold for everyone. 409 `too_many_member_caps` beyond 1,000."""
    cap = MemberCap(user_id, body.per_month)
    await member_caps.save_own_cap(uow.conn, identity.workspace_id, cap, set_by=identity.user_id, now=utc_now())
    shown = await show_member_cap(identity.workspace_id, cap, uow=uow, now=utc_now())
    return MemberCapAnswer.model_validate(shown)


@router.delete("/{user_id}", status_code=204)
async def delete_cap_of_member(user_id: UUID, identity: AdminIdentity, uow: Uow) -> None:
    """Take a member's own cap away (owners and admins): `per_member` holds again. Repeated, it changes nothing."""
    await member_caps.remove_own_cap(uow.conn, identity.workspace_id, user_id)
