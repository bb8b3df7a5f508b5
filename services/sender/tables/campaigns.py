"""Campaigns and who is in them."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from libs.common.tables import instant
from services.sender.tables.base import METADATA

campaigns = Table(
    "campaigns",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("workspace_id", Uuid, nullable=False),
    Column("list_id", Uuid, ForeignKey("sender.lists.id"), nullable=False),
    Column("mailbox_id", Uuid, ForeignKey("sender.mailboxes.id"), nullable=False),
    Column("template_id", Uuid, ForeignKey("sender.templates.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("state", Text, nullable=False, server_default=text("'draft'")),
    Column("daily_quota", Integer, nullable=False),
    Column("subject", Text, nullable=False),
    Column("text_body", Text, nullable=False),
    Column("html_body", Text),
    Column("sandboxed", Boolean, nullable=False),
    instant("created_at", now=True),
    instant("started_at"),
    instant("paused_at"),
    instant("finished_at"),
    CheckConstraint("state IN ('draft', 'active', 'paused', 'finished')", name="state_known"),
    CheckConstraint("daily_quota > 0", name="quota_positive"),
    Index("ix_campaigns_workspace_id_id", "workspace_id", "id"),
    Index("ix_campaigns_active", "workspace_id", postgresql_where=text("state = 'active'")),
)

enrolments = Table(
    "enrolments",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("workspace_id", Uuid, nullable=False),
    Column("campaign_id", Uuid, ForeignKey("sender.campaigns.id"), nullable=False),
    Column("lead_id", Uuid, ForeignKey("sender.leads.id"), nullable=False),
    Column("email", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("detail", Text),
    instant("created_at", now=True),
    instant("ended_at"),
    UniqueConstraint("campaign_id", "lead_id"),
    CheckConstraint("state IN ('active', 'finished', 'stopped', 'excluded')", name="state_known"),
    CheckConstraint("state <> 'excluded' OR reason IS NOT NULL", name="excluded_says_why"),
    Index(
        "uq_enrolments_active_address",
        "workspace_id",
        "email",
        unique=True,
        postgresql_where=text("state = 'active'"),
    ),
    Index("ix_enrolments_waiting", "campaign_id", "position", postgresql_where=text("state = 'active'")),
)
