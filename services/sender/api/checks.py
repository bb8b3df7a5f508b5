"""What a person looks at before Start: every row's problems, and the line of each lead."""

from collections.abc import AsyncIterator
from typing import Annotated, Literal, cast
from uuid import UUID

import orjson
from fastapi import APIRouter, Header, Query
from starlette.responses import Response, StreamingResponse

from libs.common.errors import Invalid, NotFound
from libs.common.http.dependencies import OpenUowDep, Uow
from libs.common.http.idempotency import RequiredOnce
from libs.common.http.identity import CurrentIdentity
from libs.common.http.problems import PROBLEM_RESPONSES
from libs.common.uow import OpenUow
from services.sender.api.check_result import CheckResult
from services.sender.api.resources import CurrentResources, Limit, cut
from services.sender.repositories import campaign_lines, campaigns
from services.sender.repositories.campaign_lines import Line
from services.sender.schemas.checks import CheckOut, LineIn, LineOut, LinePage, LineState, TestIn, TestOut
from services.sender.use_cases.check_campaign import Checkable, check_rows, open_check
from services.sender.use_cases.edit_line import edit_line
from services.sender.use_cases.send_test import Asked, send_test

router = APIRouter(prefix="/v1/campaigns", responses=PROBLEM_RESPONSES, tags=["campaigns"])

EXAMPLES = 100
_LINES = "application/x-ndjson"


@router.post("/{campaign_id}/check", response_model=CheckOut, responses={200: {"content": {_LINES: {}}}})
async def check(
    campaign_id: UUID,
    identity: CurrentIdentity,
    open_uow: OpenUowDep,
    resources: CurrentResources,
    accept: Annotated[str, Header()] = "",
) -> CheckOut | Response:
    """Make every row's mail and say which rows Start would leave out, and why. Nothing is sent, nothing changes.

    `Accept: application/x-ndjson` answers line by line while it works, with every problem: `{"problem": …}`, after each
    page `{"progress": {"rows", "of"}}`, and `{"result": …}` at the end. 404 campaign_not_found; 409 list_deleted; 422
    unsubscribe_link_missing, postal_address_missing where the template cannot be a first mail.
    """
    async with open_uow() as uow:
        found = await open_check(
            uow,
            workspace_id=identity.workspace_id,
            campaign_id=campaign_id,
            writer=resources.writer,
            now=await resources.clock(uow.conn),
        )
    if _LINES in accept:
        return StreamingResponse(_lines(found, open_uow), media_type=_LINES)
    result = CheckResult(found.pause)
    async for page in check_rows(found, open_uow=open_uow):
        result.add(page)
    return result.told()


@router.post("/{campaign_id}/test", status_code=201)
async def test(
    campaign_id: UUID, body: TestIn, identity: CurrentIdentity, once: RequiredOnce, resources: CurrentResources
) -> TestOut:
    """Send yourself (or `to`) the mail of one row, marked as a test. It is no lead's mail; it counts against the mailbox.

    Answers when the provider has; with the same `Idempotency-Key` it is not sent again. 404 campaign_not_found,
    row_not_found; 409 suppressed, mailbox_paused, sandboxed_rows, idempotency_key_reused; 422 address_required, and as for a
    row's problems; 429 too_many_test_mails, mailbox_tried_too_often.
    """
    to = body.to or identity.email
    if not to:
        raise Invalid("say in `to` where the test goes: your own address is not known", code="address_required")
    asked = Asked(
        identity.workspace_id, identity.user_id, campaign_id, to=to, once=once, row_no=body.row_no, lead_id=body.lead_id
    )
    mail = await send_test(asked, house=resources.context, opener=resources.office.opener)
    return TestOut(
        id=mail.id,
        to=mail.recipient,
        subject=mail.subject,
        state=cast("Literal['sending', 'sent', 'failed', 'unknown']", mail.state),
        reason=mail.reason,
        created_at=mail.created_at,
    )


@router.get("/{campaign_id}/lines")
async def list_lines(
    campaign_id: UUID,
    identity: CurrentIdentity,
    uow: Uow,
    state: Annotated[LineState | None, Query(description="`open`: not approved yet.")] = None,
    cursor: Annotated[int, Query(ge=-1, lt=2**31)] = -1,
    limit: Limit = 50,
) -> LinePage:
    """The lines of the campaign's leads, in the order of its list. 404 campaign_not_found."""
    campaign = await campaigns.load_campaign(uow.conn, workspace_id=identity.workspace_id, campaign_id=campaign_id)
    if campaign is None:
        raise NotFound(f"there is no campaign {campaign_id}", code="campaign_not_found")
    rows = await campaign_lines.page_lines(
        uow.conn, campaign_id=campaign_id, list_id=campaign.list_id, state=state, after_row=cursor, limit=limit + 1
    )
    page, more = cut(rows, limit)
    return LinePage(items=[_line(row) for row in page], next_cursor=str(page[-1].row_no) if more else None)


@router.put("/{campaign_id}/leads/{lead_id}/line")
async def set_line(campaign_id: UUID, lead_id: UUID, body: LineIn, identity: CurrentIdentity, uow: Uow) -> LineOut:
    """Edit or approve the line of one lead, for this campaign; the list keeps its own. 404 campaign_not_found,
    lead_not_found; 409 campaign_finished, already_sent."""
    kept = await edit_line(
        uow,
        workspace_id=identity.workspace_id,
        campaign_id=campaign_id,
        lead_id=lead_id,
        line=body.line,
        approved=body.approved,
        user_id=identity.user_id,
    )
    return _line(kept)


async def _lines(found: Checkable, open_uow: OpenUow) -> AsyncIterator[bytes]:
    result = CheckResult(found.pause)
    async for page in check_rows(found, open_uow=open_uow):
        for row in result.add(page):
            yield _json({"problem": row.model_dump()})
        yield _json({"progress": {"rows": page.rows, "of": page.of}})
    yield _json({"result": result.told().model_dump()})


def _json(told: dict[str, object]) -> bytes:
    return orjson.dumps(told, option=orjson.OPT_APPEND_NEWLINE)


def _line(row: Line) -> LineOut:
    return LineOut(
        lead_id=row.lead_id,
        row_no=row.row_no,
        email=row.email,
        line=row.listed if row.line is None else row.line,
        listed=row.listed,
        edited=row.line is not None,
        approved=row.approved_at is not None,
        approved_by=row.approved_by,
        approved_at=row.approved_at,
    )
