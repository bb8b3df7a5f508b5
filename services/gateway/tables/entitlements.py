"""What a workspace may do, and how much of it is used up."""

from sqlalchemy import BigInteger, Column, Integer, Table, Text, Uuid

from libs.common.tables import instant
from services.gateway.tables.base import METADATA

entitlements = Table(
    "entitlements",
    METADATA,
    Column("workspace_id", Uuid, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("plan", Text, nullable=False),
    Column("members", Integer),
    Column("api_requests_per_minute", Integer),
)
"""Billing's word on what a workspace may do, as it was last heard; null is without limit."""

request_buckets = Table(
    "request_buckets",
    METADATA,
    Column("workspace_id", Uuid, primary_key=True),
    instant("full_at", nullable=False),
    prefixes=["UNLOGGED"],
)
"""When a workspace's bucket of requests will be full again. Unlogged: a crash of the server fills it, and no request waits
for a disk."""

caller_buckets = Table(
    "caller_buckets",
    METADATA,
    Column("caller_id", Uuid, primary_key=True),
    instant("full_at", nullable=False),
    prefixes=["UNLOGGED"],
)
"""The same for a user, or for an API key: none of them uses up what a workspace's others may ask."""
