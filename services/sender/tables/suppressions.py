"""Who must not be written to."""

from sqlalchemy import (
    Column,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
)

from libs.common.tables import instant
from services.sender.tables.base import METADATA

suppressions = Table(
    "suppressions",
    METADATA,
    Column("workspace_id", Uuid, nullable=False),
    Column("email", Text, nullable=False),
    Column("reason", Text, nullable=False),
    instant("created_at", now=True),
    PrimaryKeyConstraint("workspace_id", "email"),
)
