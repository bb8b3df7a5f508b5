"""What the sender knows of its tenants."""

from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    Table,
    Text,
    Uuid,
)

from libs.common.tables import instant
from services.sender.tables.base import METADATA

workspaces = Table(
    "workspaces",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("daily_quota", Integer),
    instant("created_at", now=True),
)

entitlements = Table(
    "entitlements",
    METADATA,
    Column("workspace_id", Uuid, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("plan", Text, nullable=False),
    Column("mailboxes", Integer),
)
"""Billing's word on what a workspace may do, as it was last heard; null is without limit."""
