"""What the mails of claimed emails are made of."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Text, Uuid, and_, any_, bindparam, cast, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.compiled import Compiled
from services.sender.domain.templates import TemplateSource
from services.sender.repositories.recipients import VALUE_COLUMNS
from services.sender.tables import campaign_lines, campaigns, enrolments, recipients, workspaces

_IDS = bindparam("ids", type_=ARRAY(Uuid))
# By the list's lead: the mail may have been given another address, and thereby another person, since.
_ITS_LINE = and_(
    campaign_lines.c.campaign_id == enrolments.c.campaign_id, campaign_lines.c.lead_id == recipients.c.lead_id
)
_OF_LEADS = Compiled(
    select(
        enrolments.c.id,
        cast(recipients.c.fields, Text).label("fields"),
        *(column for column in VALUE_COLUMNS if column.name != "line"),
        func.coalesce(campaign_lines.c.line, recipients.c.line).label("line"),
    )
    .join(recipients, recipients.c.id == enrolments.c.recipient_id)
    .outerjoin(campaign_lines, _ITS_LINE)
    .where(enrolments.c.id == any_(_IDS))
)
_OF_CAMPAIGNS = Compiled(
    select(
        campaigns.c.id,
        campaigns.c.subject,
        campaigns.c.text_body,
        campaigns.c.html_body,
        workspaces.c.sender_name,
        workspaces.c.postal_address,
    )
    .join(workspaces, workspaces.c.id == campaigns.c.workspace_id)
    .where(campaigns.c.id == any_(_IDS))
)


@dataclass(frozen=True, slots=True)
class LeadWords:
    """What the list says of a lead: `values` but for the address, and the sheet's other columns."""

    values: dict[str, str]
    fields: dict[str, str]


@dataclass(frozen=True, slots=True)
class CampaignWords:
    """What all mails of a campaign say."""

    source: TemplateSource
    sender_name: str
    postal_address: str


async def of_leads(conn: AsyncConnection, enrolment_ids: Sequence[UUID]) -> dict[UUID, LeadWords]:
    """By enrolment; of those whose row is there."""
    found = dict[UUID, LeadWords]()
    for row in await _OF_LEADS.fetch(conn, ids=enrolment_ids):
        values = dict(row)
        fields = values.pop("fields")
        found[values.pop("id")] = LeadWords(values, json.loads(fields) if fields != "{}" else {})
    return found


async def of_campaigns(conn: AsyncConnection, campaign_ids: Collection[UUID]) -> dict[UUID, CampaignWords]:
    """By campaign: each is read once, however many of its mails are claimed."""
    return {
        row["id"]: CampaignWords(
            TemplateSource(row["subject"], row["text_body"], row["html_body"]),
            row["sender_name"],
            row["postal_address"],
        )
        for row in await _OF_CAMPAIGNS.fetch(conn, ids=list(campaign_ids))
    }
