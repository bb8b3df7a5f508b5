"""The sender's tables, a module per concern. The unique indexes here are the last line of "nobody twice" and "never over
the quota". Whoever wants one imports it from here."""

from services.sender.tables.base import COMMON, METADATA
from services.sender.tables.campaigns import campaign_mailboxes, campaigns, enrolments
from services.sender.tables.dead_letters import dead_email_actions, dead_emails
from services.sender.tables.emails import claim_batches, email_lookups, email_resolutions, emails
from services.sender.tables.hand_overs import hand_overs, take_backs
from services.sender.tables.lists import leads, line_corrections, list_parts, lists, mail_domains, recipients
from services.sender.tables.mailboxes import mailbox_days, mailbox_paces, mailboxes, oauth_consents
from services.sender.tables.plan import daily_plans, planning_dues, slots
from services.sender.tables.suppressions import erasures, suppression_changes, suppressions, unsubscribe_keys
from services.sender.tables.templates import campaign_lines, template_versions, templates, test_mails
from services.sender.tables.workspaces import entitlements, workspaces

__all__ = [
    "COMMON",
    "METADATA",
    "campaign_lines",
    "campaign_mailboxes",
    "campaigns",
    "claim_batches",
    "daily_plans",
    "dead_email_actions",
    "dead_emails",
    "email_lookups",
    "email_resolutions",
    "emails",
    "enrolments",
    "entitlements",
    "erasures",
    "hand_overs",
    "leads",
    "line_corrections",
    "list_parts",
    "lists",
    "mail_domains",
    "mailbox_days",
    "mailbox_paces",
    "mailboxes",
    "oauth_consents",
    "planning_dues",
    "recipients",
    "slots",
    "suppression_changes",
    "suppressions",
    "take_backs",
    "template_versions",
    "templates",
    "test_mails",
    "unsubscribe_keys",
    "workspaces",
]
