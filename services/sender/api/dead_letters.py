"""Dead letters: mail that could not be sent, grouped by cause, mended, sent again or let be."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from libs.common.errors import NotFound
from libs.common.http.dependencies import OpenUowDep, Uow
from libs.common.http.identity import CurrentIdentity, MemberIdentity
from libs.common.http.problems import PROBLEM_RESPONSES
from libs.common.uow import UnitOfWork
from services.sender.api.resources import CurrentResources, Cursor, Limit, cut
from services.sender.domain.dead_letters import WHAT_TO_DO
from services.sender.repositories import dead_letters
from services.sender.repositories.dead_letters import DeadLetter, Which
from services.sender.schemas.dead_letters import (
    CauseName,
    DeadLetterAction,
    DeadLetterChoice,
    DeadLetterDetail,
    DeadLetterEdit,
    DeadLetterGroup,
    DeadLetterGroups,
    DeadLetterOut,
    DeadLetterPage,
    DeadLetterState,
    DiscardedOut,
    ReplayedOut,
)
from services.sender.use_cases.discard_dead_letters import discard_dead_letters
from services.sender.use_cases.readdress_dead_letter import readdress_dead_letter
from services.sender.use_cases.replay_dead_letters import replay_dead_letters

router = APIRouter(prefix="/v1/dead-letters", tags=["dead letters"], responses=PROBLEM_RESPONSES)
_TO_DO: dict[str, str] = {**WHAT_TO_DO}


@router.get("/causes")
async def list_causes(identity: CurrentIdentity, uow: Uow, campaign_id: UUID | None = None) -> DeadLetterGroups:
    """The open ones by cause, each with what can be done about it."""
    found = await dead_letters.groups(uow.conn, workspace_id=identity.workspace_id, campaign_id=campaign_id)
    items = [
        DeadLetterGroup(cause=one.cause, what_to_do=_TO_DO[one.cause], count=one.count, oldest_at=one.oldest_at)
        for one in found
    ]
    return DeadLetterGroups(items=items, total=sum(one.count for one in found))


@router.get("")
async def list_dead_letters(
    identity: CurrentIdentity,
    uow: Uow,
    state: Annotated[DeadLetterState | None, Query()] = "open",
    cause: Annotated[CauseName | None, Query()] = None,
    campaign_id: UUID | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> DeadLetterPage:
    """Dead letters, newest first."""
    which = Which(identity.workspace_id, state=state, cause=cause, campaign_id=campaign_id, before=cursor)
    page, more = cut(await dead_letters.find(uow.conn, which, limit=limit + 1), limit)
    return DeadLetterPage(items=[_out(one) for one in page], next_cursor=str(page[-1].email_id) if more else None)


@router.post("/replay")
async def replay(
    body: DeadLetterChoice, identity: MemberIdentity, open_uow: OpenUowDep, resources: CurrentResources
) -> ReplayedOut:
    """Send the open ones again that are chosen, at most 500 at once: each waits for a slot as anybody does.

    A second click changes nothing. Those stay open whose address is suppressed or waits in another campaign, or whose list
    or mailbox is deleted.
    """
    async with open_uow() as uow:
        now = await resources.clock(uow.conn)
        done = await replay_dead_letters(uow, _chosen(body, identity.workspace_id), made_by=identity.user_id, now=now)
    behind = str(done.next_before) if done.next_before else None
    return ReplayedOut(replayed=done.replayed, kept=dict(done.kept), next_cursor=behind)


@router.post("/discard")
async def discard(
    body: DeadLetterChoice, identity: MemberIdentity, open_uow: OpenUowDep, resources: CurrentResources
) -> DiscardedOut:
    """Let the open ones be that are chosen, at most 500 at once."""
    async with open_uow() as uow:
        now = await resources.clock(uow.conn)
        count, more = await discard_dead_letters(
            uow, _chosen(body, identity.workspace_id), made_by=identity.user_id, now=now
        )
    return DiscardedOut(discarded=count, more=more)


@router.get("/{email_id}")
async def show(email_id: UUID, identity: CurrentIdentity, uow: Uow) -> DeadLetterDetail:
    """One of them, with what was done about it. 404 dead_letter_not_found."""
    found = await dead_letters.find(uow.conn, Which(identity.workspace_id, email_id=email_id), limit=1)
    if not found:
        raise NotFound(f"there is no dead letter {email_id}", code="dead_letter_not_found")
    return await _detail(uow, found[0])


@router.patch("/{email_id}")
async def edit(
    email_id: UUID,
    body: DeadLetterEdit,
    identity: MemberIdentity,
    open_uow: OpenUowDep,
    resources: CurrentResources,
) -> DeadLetterDetail:
    """Write to another address (`email`) instead, in this campaign; replay it afterwards. A line is edited in its campaign.

    404 dead_letter_not_found; 409 dead_letter_closed, dead_letter_busy, already_in_campaign; 422 invalid_address.
    """
    async with open_uow() as uow:
        letter = await readdress_dead_letter(
            uow,
            workspace_id=identity.workspace_id,
            email_id=email_id,
            address=body.email,
            made_by=identity.user_id,
            now=await resources.clock(uow.conn),
        )
        return await _detail(uow, letter)


def _chosen(body: DeadLetterChoice, workspace_id: UUID) -> Which:
    return Which(
        workspace_id,
        state="open",
        cause=body.cause,
        campaign_id=body.campaign_id,
        email_id=body.email_id,
        before=body.cursor,
    )


async def _detail(uow: UnitOfWork, letter: DeadLetter) -> DeadLetterDetail:
    actions = await dead_letters.actions(uow.conn, letter.email_id)
    return DeadLetterDetail(
        **_out(letter).model_dump(),
        what_to_do=_TO_DO[letter.cause],
        actions=[DeadLetterAction.model_validate(one, from_attributes=True) for one in actions],
    )


def _out(letter: DeadLetter) -> DeadLetterOut:
    own = {"row_no": letter.position, "email": letter.recipient}
    return DeadLetterOut(
        **own, **{name: getattr(letter, name) for name in DeadLetterOut.model_fields if name not in own}
    )
