"""What the mails of claimed emails are made of."""

from typing import Any

from sqlalchemy import CTE, Select, Text, and_, cast, func, select

from services.sender.repositories.recipients import VALUE_COLUMNS
from services.sender.tables import campaign_lines, campaigns, emails, enrolments, recipients, workspaces

ITS_COLUMNS = (
    emails.c.id, emails.c.fencing_token, emails.c.workspace_id, emails.c.campaign_id, emails.c.enrolment_id,
    emails.c.lead_id, emails.c.mailbox_id, emails.c.step, emails.c.recipient, emails.c.message_id,
)  # fmt: skip


def with_their_words(claimed: CTE) -> Select[Any]:
    """The claimed emails with all that their mails are made of."""
    its_line = and_(
        campaign_lines.c.campaign_id == claimed.c.campaign_id, campaign_lines.c.lead_id == claimed.c.lead_id
    )
    return (
        select(
            *claimed.c,
            campaigns.c.subject.label("template_subject"),
            campaigns.c.text_body,
            campaigns.c.html_body,
            claimed.c.recipient.label("email"),
            cast(recipients.c.fields, Text).label("fields"),
            *(column for column in VALUE_COLUMNS if column.name != "line"),
            func.coalesce(campaign_lines.c.line, recipients.c.line).label("line"),
            workspaces.c.sender_name,
            workspaces.c.postal_address,
        )
        .join(campaigns, campaigns.c.id == claimed.c.campaign_id)
        .join(enrolments, enrolments.c.id == claimed.c.enrolment_id)
        .join(recipients, recipients.c.id == enrolments.c.recipient_id)
        .join(workspaces, workspaces.c.id == claimed.c.workspace_id)
        .outerjoin(campaign_lines, its_line)
        .order_by(enrolments.c.position, claimed.c.id)
    )
