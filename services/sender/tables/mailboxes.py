"""What mail leaves through."""

from sqlalchemy import (
    Boolean,
    Column,
    Table,
    Text,
    Uuid,
)

from libs.common.tables import instant
from services.sender.tables.base import METADATA, count

mailboxes = Table(
    "mailboxes",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("workspace_id", Uuid),
    Column("key", Text, nullable=False, unique=True),
    Column("address", Text, nullable=False),
    Column("sandboxed", Boolean, nullable=False),
    instant("retry_at"),
    Column("trouble", Text),
    count("failures"),
    count("refusals"),
    instant("created_at", now=True),
)
