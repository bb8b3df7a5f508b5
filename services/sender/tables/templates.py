"""What mails say: templates with their versions, the lines that people approve in a campaign, and mails sent as a test."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from libs.common.tables import instant
from services.sender.tables.base import METADATA

templates = Table(
    "templates",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("workspace_id", Uuid, nullable=False),
    Column("name", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("is_default", Boolean, nullable=False, server_default=text("false")),
    instant("created_at", now=True),
    instant("changed_at", now=True),
    instant("deleted_at"),
    Index("uq_templates_name", "workspace_id", "name", unique=True, postgresql_where=text("deleted_at IS NULL")),
    Index(
        "uq_templates_default",
        "workspace_id",
        unique=True,
        postgresql_where=text("is_default AND deleted_at IS NULL"),
    ),
)
"""`version` is the newest one. A deleted template stays for the campaigns that were made with it."""

template_versions = Table(
    "template_versions",
    METADATA,
    Column("template_id", Uuid, ForeignKey("sender.templates.id", ondelete="CASCADE"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("subject", Text, nullable=False),
    Column("text_body", Text, nullable=False),
    Column("html_body", Text),
    instant("created_at", now=True),
    PrimaryKeyConstraint("template_id", "version"),
)

campaign_lines = Table(
    "campaign_lines",
    METADATA,
    Column("workspace_id", Uuid, nullable=False),
    Column("campaign_id", Uuid, ForeignKey("sender.campaigns.id", ondelete="CASCADE"), nullable=False),
    Column("lead_id", Uuid, ForeignKey("sender.leads.id", ondelete="CASCADE"), nullable=False),
    Column("line", Text),
    Column("approved_by", Uuid),
    instant("approved_at"),
    Column("changed_by", Uuid, nullable=False),
    instant("changed_at", now=True),
    PrimaryKeyConstraint("campaign_id", "lead_id"),
    Index("ix_campaign_lines_lead_id", "lead_id"),
)
"""A campaign's own word on the line of one lead. Null `line`: the list's line stands, and somebody approved it."""

test_mails = Table(
    "test_mails",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("workspace_id", Uuid, nullable=False),
    Column("campaign_id", Uuid, ForeignKey("sender.campaigns.id", ondelete="SET NULL")),
    Column("mailbox_id", Uuid, ForeignKey("sender.mailboxes.id"), nullable=False),
    Column("key", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("state", Text, nullable=False, server_default=text("'sending'")),
    Column("reason", Text),
    Column("asked_by", Uuid, nullable=False),
    instant("created_at", now=True),
    instant("ended_at"),
    UniqueConstraint("workspace_id", "key"),
    CheckConstraint("state IN ('sending', 'sent', 'failed', 'unknown')", name="state_known"),
    Index("ix_test_mails_mailbox_id_created_at", "mailbox_id", "created_at"),
    Index("ix_test_mails_workspace_id_created_at", "workspace_id", "created_at"),
)
"""Mails that people sent to themselves: they count against the mailbox, and are no lead's mail."""
