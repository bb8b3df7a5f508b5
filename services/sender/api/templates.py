"""Templates and their versions."""

import re
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query
from starlette.responses import Response

from libs.common.errors import Invalid
from libs.common.http.dependencies import Uow
from libs.common.http.etags import NOT_MODIFIED, IfNoneMatch
from libs.common.http.idempotency import Once
from libs.common.http.identity import CurrentIdentity
from libs.common.http.problems import PROBLEM_RESPONSES
from services.sender.api.resources import CurrentResources, Cursor, Limit, cut
from services.sender.domain.first_mail import first_mail_problems, subject_problems
from services.sender.domain.template_fields import KNOWN_FIELDS
from services.sender.domain.templates import names_of
from services.sender.repositories import templates
from services.sender.repositories.templates import StoredTemplate
from services.sender.schemas.templates import PreviewIn, PreviewOut, ProblemOut, TemplateIn, TemplateOut, TemplatePage
from services.sender.use_cases.preview_mail import Subject, preview_mail
from services.sender.use_cases.save_template import change_template, create_template, delete_template, load_template

router = APIRouter(prefix="/v1/templates", responses=PROBLEM_RESPONSES, tags=["templates"])

_ETAG = re.compile(r'(?:W/)?"(\d{1,9})"')


def expected_version(if_match: Annotated[str | None, Header(alias="If-Match", max_length=200)] = None) -> int | None:
    """The version that a change is based on. None: whichever it is. Raises Invalid (`if_match_malformed`)."""
    if if_match is None or if_match.strip() == "*":
        return None
    found = _ETAG.fullmatch(if_match.strip())
    if found is None:
        msg = f'If-Match is {if_match!r}: send the ETag of the template you changed, such as "7"'
        raise Invalid(msg, code="if_match_malformed")
    return int(found[1])


Expected = Annotated[int | None, Depends(expected_version)]


@router.get("")
async def list_templates(identity: CurrentIdentity, uow: Uow, cursor: Cursor = None, limit: Limit = 50) -> TemplatePage:
    """The workspace's templates in their newest versions, newest template first."""
    rows = await templates.page_templates(uow.conn, workspace_id=identity.workspace_id, before=cursor, limit=limit + 1)
    page, more = cut(rows, limit)
    return TemplatePage(items=[_out(row) for row in page], next_cursor=str(page[-1].id) if more else None)


@router.post("", status_code=201)
async def create(body: TemplateIn, identity: CurrentIdentity, uow: Uow, once: Once, response: Response) -> TemplateOut:
    """A new template. 409 template_name_taken, idempotency_key_reused; 422 template_invalid, template_too_large.

    What its list must have in columns is checked when a campaign is made; `problems` say what keeps it from being a
    first mail.
    """
    await once.begin(uow)
    stored = await create_template(uow, workspace_id=identity.workspace_id, name=body.name, source=body.source())
    made = _told(stored, response)
    await once.keep(uow, made, headers={"ETag": response.headers["ETag"]})
    return made


@router.post("/preview")
async def preview(body: PreviewIn, identity: CurrentIdentity, uow: Uow, resources: CurrentResources) -> PreviewOut:
    """The mail that a template makes for a row of a list, for a lead, or for a made-up person, and everything that speaks
    against sending it: a saved one, words that are being written, a campaign's, or the default. Its links bar nobody.

    404 template_not_found, list_not_found, row_not_found, lead_not_found, campaign_not_found.
    """
    source = body.source.source() if body.source else None
    if source is None and body.template_id is not None:
        stored = await load_template(uow, workspace_id=identity.workspace_id, template_id=body.template_id)
        source = stored.source
    subject = Subject(body.list_id, body.row_no, body.lead_id, body.campaign_id)
    shown = await preview_mail(
        uow, source, subject=subject, workspace_id=identity.workspace_id, writer=resources.writer
    )
    return PreviewOut(
        subject=shown.mail.subject if shown.mail else None,
        text=shown.mail.text if shown.mail else None,
        html=shown.mail.html if shown.mail else None,
        problems=[ProblemOut(code=problem.code, detail=problem.detail) for problem in shown.problems],
        fields=list(shown.fields),
        row_no=shown.row.row_no if shown.row else None,
        email=shown.row.email if shown.row else None,
    )


@router.get("/{template_id}", responses=NOT_MODIFIED)
async def show(
    template_id: UUID, identity: CurrentIdentity, uow: Uow, response: Response, _known: IfNoneMatch = None
) -> TemplateOut:
    """A template in its newest version, which is its ETag. 404 template_not_found."""
    stored = await load_template(uow, workspace_id=identity.workspace_id, template_id=template_id)
    return _told(stored, response)


@router.get("/{template_id}/versions")
async def list_versions(
    template_id: UUID,
    identity: CurrentIdentity,
    uow: Uow,
    cursor: Annotated[int | None, Query(ge=1, lt=2**31)] = None,
    limit: Limit = 50,
) -> TemplatePage:
    """All its versions, newest first. 404 template_not_found."""
    await load_template(uow, workspace_id=identity.workspace_id, template_id=template_id)
    rows = await templates.page_versions(uow.conn, template_id, before=cursor, limit=limit + 1)
    page, more = cut(rows, limit)
    return TemplatePage(items=[_out(row) for row in page], next_cursor=str(page[-1].version) if more else None)


@router.put("/{template_id}")
async def change(
    template_id: UUID, body: TemplateIn, identity: CurrentIdentity, uow: Uow, expected: Expected, response: Response
) -> TemplateOut:
    """Other words make the next version; campaigns keep the one they were made with. With `If-Match`, 412
    template_changed when somebody has changed it meanwhile. 409 template_name_taken; 422 as for a new one."""
    stored = await change_template(
        uow,
        workspace_id=identity.workspace_id,
        template_id=template_id,
        name=body.name,
        source=body.source(),
        expected_version=expected,
    )
    return _told(stored, response)


@router.delete("/{template_id}", status_code=204)
async def delete(template_id: UUID, identity: CurrentIdentity, uow: Uow) -> Response:
    """It is offered no more; campaigns keep its words. 404 template_not_found; 409 template_is_default."""
    await delete_template(uow, workspace_id=identity.workspace_id, template_id=template_id)
    return Response(status_code=204)


def _told(stored: StoredTemplate, response: Response) -> TemplateOut:
    response.headers["ETag"] = f'"{stored.version}"'
    return _out(stored)


def _out(stored: StoredTemplate) -> TemplateOut:
    named = names_of(stored.source).values()
    columns = {name for names in named for name in names.fields.difference(KNOWN_FIELDS)}
    headers = {header for names in named for header in names.headers}
    return TemplateOut(
        id=stored.id,
        name=stored.name,
        version=stored.version,
        is_default=stored.is_default,
        subject=stored.source.subject,
        text_body=stored.source.text_body,
        html_body=stored.source.html_body,
        needs=sorted(columns | headers),
        problems=[
            ProblemOut(code=problem.code, detail=problem.message)
            for problems in (first_mail_problems, subject_problems)
            for problem in problems(stored.source)
        ],
        created_at=stored.created_at,
    )
