"""What the sender has of a workspace, table by table: children before what they hang on."""

from libs.common.belonging import Belongings, Part
from services.sender import tables

_EMAIL = "email_id"
_CAMPAIGN = "campaign_id"
_PROOF = "that somebody wants no mail: their address is hashed then, and nothing else of them stays"
_INNER = "how the sender plans and counts"

BELONGINGS = Belongings(
    "sender",
    (
        Part(tables.dead_email_actions, _EMAIL, tables.dead_emails, parent_key=_EMAIL),
        Part(tables.dead_emails),
        Part(tables.email_resolutions, _EMAIL, tables.emails),
        Part(tables.email_lookups, _EMAIL, tables.emails, untold=_INNER),
        Part(tables.slots, untold=_INNER),
        Part(tables.emails),
        Part(tables.test_mails),
        Part(tables.campaign_lines),
        Part(tables.hand_overs, _CAMPAIGN, tables.campaigns, untold=_INNER),
        Part(tables.campaign_mailboxes, _CAMPAIGN, tables.campaigns),
        Part(tables.take_backs, _CAMPAIGN, tables.campaigns),
        Part(tables.enrolments),
        Part(tables.recipients),
        Part(tables.line_corrections, "list_id", tables.lists),
        Part(tables.list_parts, "list_id", tables.lists, untold=_INNER),
        Part(tables.campaigns),
        Part(tables.lists),
        Part(tables.leads),
        Part(tables.template_versions, "template_id", tables.templates),
        Part(tables.templates),
        Part(tables.mailbox_days, "mailbox_id", tables.mailboxes),
        Part(tables.mailbox_paces, untold=_INNER),
        Part(tables.oauth_consents, untold="consents that somebody is about to give: secrets"),
        Part(tables.mailboxes),
        Part(tables.daily_plans, untold=_INNER),
        Part(tables.planning_dues, untold=_INNER),
        Part(tables.erasures, untold="names people who asked to be forgotten"),
        Part(tables.entitlements),
        Part(tables.METADATA.tables["sender.repeated_requests"], untold="answers kept for repeated requests"),
        Part(tables.COMMON.dead_letters, "tenant_id", untold="the operators' own: messages that could not be handled"),
        Part(tables.workspaces, "id"),
        Part(tables.suppression_changes, kept=_PROOF),
        Part(tables.suppressions, kept=_PROOF),
        Part(tables.COMMON.deleted_workspaces, kept="the tombstone", untold="there is none while there is an export"),
    ),
    nobodys={
        "claim_batches": "ids of mails in hand, for minutes",
        "mail_domains": "whether a domain takes mail: the same for all",
        "unsubscribe_keys": "the installation's: links in mails of the past work by them",
        "inbox": "ids of messages, for 30 days",
        "outbox": "events on their way, until a day after they went out",
        "schedules": "the clock",
    },
)
