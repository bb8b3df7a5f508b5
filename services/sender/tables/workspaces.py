"""What the sender knows of its tenants."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Integer,
    Table,
    Text,
    Uuid,
    text,
)

from libs.common.tables import instant
from services.sender.tables.base import METADATA, words

workspaces = Table(
    "workspaces",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("version", BigInteger, nullable=False, server_default=text("1")),
    Column("daily_quota", Integer),
    words("sender_name"),
    words("postal_address"),
    Column("domain_quota", Integer),
    Column("follow_up_share", Integer, nullable=False, server_default=text("50")),
    Column("campaign_pause_days", Integer, nullable=False, server_default=text("3")),
    Column("keeps_roles", Boolean, nullable=False, server_default=text("false")),
    instant("created_at", now=True),
    CheckConstraint("daily_quota > 0", name="quota_positive"),
    CheckConstraint("domain_quota > 0", name="domain_quota_positive"),
    CheckConstraint("follow_up_share BETWEEN 0 AND 100", name="share_in_percent"),
    CheckConstraint("campaign_pause_days BETWEEN 0 AND 365", name="pause_in_days"),
)
"""Null as `daily_quota` is the default of the settings, as `domain_quota` no limit. `follow_up_share` is the percentage of a
day that follow-ups may take before first mails are planned. `keeps_roles` is what lists to come have at first. Name and zone are
the gateway's, as of its `version`."""

entitlements = Table(
    "entitlements",
    METADATA,
    Column("workspace_id", Uuid, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("plan", Text, nullable=False),
    Column("mailboxes", Integer),
)
"""Billing's word on what a workspace may do, as it was last heard; null is without limit."""
