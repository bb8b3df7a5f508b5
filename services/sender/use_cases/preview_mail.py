"""What a mail would look like, before there is one: for a row of a list, for a lead, or for a made-up person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from libs.common.errors import Invalid, NotFound
from libs.common.uow import UnitOfWork
from services.sender.domain.checking import Problem
from services.sender.domain.first_mail import first_mail_problems
from services.sender.domain.plan.terms import FIRST_STEP
from services.sender.domain.template_fields import KNOWN_FIELDS, LEAD_FIELDS, columns_by_name
from services.sender.domain.templates import Rendered, TemplateSource, check_syntax, unknown_fields
from services.sender.domain.unsubscribing import NOBODY
from services.sender.domain.writing import Addressee, Writer
from services.sender.repositories import campaign_lines, campaigns, lists, recipients
from services.sender.repositories.recipients import Recipient
from services.sender.use_cases.check_campaign import writer_of
from services.sender.use_cases.save_template import load_template

_PERSON: Mapping[str, str] = {
    **dict.fromkeys(LEAD_FIELDS, ""),
    "first_name": "Maria",
    "last_name": "Example",
    "company": "Example Ltd",
    "title": "Managing Director",
    "country": "Ireland",
    "city": "Dublin",
    "email": "maria@example.com",
    "line": "I read about your new plant in Dublin.",
    "product": "our product",
    "pitch": "what it does for you",
}


@dataclass(frozen=True)
class Subject:
    """For whom a mail is shown: a row of a list, a lead, or nobody in particular. With a campaign, its own line counts."""

    list_id: UUID | None = None
    row_no: int | None = None
    lead_id: UUID | None = None
    campaign_id: UUID | None = None


@dataclass(frozen=True)
class Preview:
    """The mail, where it can be made, and everything that speaks against it. `fields` may be named for this list."""

    mail: Rendered | None
    problems: Sequence[Problem]
    fields: Sequence[str]
    row: Recipient | None


async def preview_mail(
    uow: UnitOfWork, source: TemplateSource | None, *, subject: Subject, workspace_id: UUID, writer: Writer
) -> Preview:
    """Without a source it is the campaign's own, else the default template's. What is wrong with the template is no error: it
    is what the preview is for.

    Raises NotFound (campaign_not_found, list_not_found, row_not_found, lead_not_found).
    """
    subject, own = await _of_campaign(uow, subject, workspace_id)
    source = source or own or (await load_template(uow, workspace_id=workspace_id, template_id=None)).source
    row = await find_row(uow, subject, workspace_id=workspace_id)
    headers = (
        await recipients.headers(uow.conn, subject.list_id) if subject.list_id else sorted(row.fields if row else ())
    )
    columns = columns_by_name(headers)
    to = await _addressee(uow, row, subject=subject, workspace_id=workspace_id)
    writer = await writer_of(uow, workspace_id, writer=writer)
    mail, problems = _make(source, to, writer=writer, columns=tuple(columns), headers=headers)
    return Preview(mail, problems, [*KNOWN_FIELDS, *columns], row)


def _make(
    source: TemplateSource, to: Addressee, *, writer: Writer, columns: Sequence[str], headers: Sequence[str]
) -> tuple[Rendered | None, list[Problem]]:
    try:
        check_syntax(source)
    except Invalid as error:
        return None, [Problem(error.code, error.message)]
    wrong = [*unknown_fields(source, columns=columns, headers=headers), *first_mail_problems(source)]
    problems = [Problem(error.code, error.message) for error in wrong]
    try:
        mail = writer.words(source, to)
    except Invalid as error:
        named = any(problem.code == "template_invalid" for problem in problems) and error.code == "template_failed"
        return None, problems if named else [*problems, Problem(error.code, error.message)]
    try:
        writer.check_headers(mail, to)
    except Invalid as error:
        problems.append(Problem(error.code, error.message))
    return mail, problems


async def find_row(uow: UnitOfWork, subject: Subject, *, workspace_id: UUID) -> Recipient | None:
    """The row that is meant. None: nobody in particular. Raises NotFound."""
    if subject.list_id is not None:
        if await lists.load_list(uow.conn, workspace_id=workspace_id, list_id=subject.list_id) is None:
            raise NotFound(f"there is no list {subject.list_id}", code="list_not_found")
        row = await recipients.find_row(
            uow.conn, list_id=subject.list_id, row_no=subject.row_no, lead_id=subject.lead_id
        )
        if row is None:
            raise NotFound("the list has no such row", code="row_not_found")
        return row
    if subject.lead_id is None:
        return None
    row = await recipients.newest_row_of(uow.conn, workspace_id=workspace_id, lead_id=subject.lead_id)
    if row is None:
        raise NotFound(f"there is no lead {subject.lead_id}", code="lead_not_found")
    return row


async def _of_campaign(uow: UnitOfWork, subject: Subject, workspace_id: UUID) -> tuple[Subject, TemplateSource | None]:
    if subject.campaign_id is None:
        return subject, None
    campaign = await campaigns.load_campaign(uow.conn, workspace_id=workspace_id, campaign_id=subject.campaign_id)
    if campaign is None:
        raise NotFound(f"there is no campaign {subject.campaign_id}", code="campaign_not_found")
    return replace(subject, list_id=campaign.list_id), campaign.source


async def _addressee(uow: UnitOfWork, row: Recipient | None, *, subject: Subject, workspace_id: UUID) -> Addressee:
    """The link of a preview is a test's: pressing it bars nobody."""
    if row is None:
        return Addressee(workspace_id, NOBODY, NOBODY, _PERSON["email"], FIRST_STEP, _PERSON, {})
    values = dict(row.values)
    if subject.campaign_id and row.lead_id:
        own = await campaign_lines.own_lines(uow.conn, subject.campaign_id, [row.lead_id])
        values["line"] = own.get(row.lead_id, values["line"])
    lead_id = row.lead_id or row.id
    return Addressee(workspace_id, lead_id, row.id, row.email, FIRST_STEP, values, row.fields, is_test=True)
