"""What mails are made of: read when they are begun, so that a word that was changed after the claim is sent as it is."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Text, and_, bindparam, cast, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.compiled import Compiled
from services.sender.domain.templates import TemplateSource
from services.sender.repositories.recipients import VALUE_COLUMNS
from services.sender.tables import campaign_lines, campaigns, enrolments, recipients, workspaces


@dataclass(frozen=True, slots=True)
class Words:
    """What a mail is made of: what its campaign and its workspace say, and of the list's row the usual fields but for the
    address (`values`) and the sheet's other columns (`fields`)."""

    source: TemplateSource
    sender_name: str
    postal_address: str
    values: dict[str, str]
    fields: dict[str, str]


# By the list's lead: the mail may have been given another address, and thereby another person, since.
_ITS_LINE = and_(
    campaign_lines.c.campaign_id == enrolments.c.campaign_id, campaign_lines.c.lead_id == recipients.c.lead_id
)
_VALUES = {
    **{column.name: column for column in VALUE_COLUMNS},
    "line": func.coalesce(campaign_lines.c.line, recipients.c.line),
}
_LABELS = {name: f"lead_{name}" for name in _VALUES}
"""A row has columns of other tables, too."""
_COLUMNS = (
    campaigns.c.subject,
    campaigns.c.text_body,
    campaigns.c.html_body,
    workspaces.c.sender_name,
    workspaces.c.postal_address,
    cast(recipients.c.fields, Text).label("lead_fields"),
    *(column.label(_LABELS[name]) for name, column in _VALUES.items()),
)


def with_words(query: Select[Any]) -> Select[Any]:
    """What `words_in` reads of a row. The query has `enrolments`, `campaigns` and `recipients`."""
    named = query.add_columns(*_COLUMNS).join(workspaces, workspaces.c.id == campaigns.c.workspace_id)
    return named.outerjoin(campaign_lines, _ITS_LINE)


def words_in(row: Mapping[str, Any]) -> Words:
    """The words of a row that was asked for them, whatever else it has."""
    fields = row["lead_fields"]
    return Words(
        TemplateSource(row["subject"], row["text_body"], row["html_body"]),
        row["sender_name"],
        row["postal_address"],
        {name: row[label] for name, label in _LABELS.items()},
        json.loads(fields) if fields != "{}" else {},
    )


_OF_ONE = Compiled(
    with_words(
        select(enrolments.c.id)
        .join(campaigns, campaigns.c.id == enrolments.c.campaign_id)
        .join(recipients, recipients.c.id == enrolments.c.recipient_id)
        .where(enrolments.c.id == bindparam("enrolment_id"))
    )
)


async def load_words(conn: AsyncConnection, enrolment_id: UUID) -> Words | None:
    """What a mail to this lead is made of; None where the row of the list is gone."""
    found = await _OF_ONE.fetch(conn, enrolment_id=enrolment_id)
    return words_in(found[0]) if found else None
