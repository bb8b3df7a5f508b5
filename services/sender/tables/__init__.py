"""The sender's tables, a module per concern. The unique indexes here are the last line of "nobody twice" and "never over
the quota". Whoever wants one imports it from here."""

from services.sender.tables.base import COMMON, METADATA
from services.sender.tables.campaigns import campaigns, enrolments
from services.sender.tables.emails import emails
from services.sender.tables.lists import leads, line_corrections, list_parts, lists
from services.sender.tables.mailboxes import mailboxes
from services.sender.tables.plan import daily_plans, slots
from services.sender.tables.suppressions import suppressions
from services.sender.tables.templates import templates
from services.sender.tables.workspaces import entitlements, workspaces

__all__ = [
    "COMMON",
    "METADATA",
    "campaigns",
    "daily_plans",
    "emails",
    "enrolments",
    "entitlements",
    "leads",
    "line_corrections",
    "list_parts",
    "lists",
    "mailboxes",
    "slots",
    "suppressions",
    "templates",
    "workspaces",
]
