"""What mails say."""

from sqlalchemy import (
    Boolean,
    Column,
    Integer,
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
    Column("subject", Text, nullable=False),
    Column("text_body", Text, nullable=False),
    Column("html_body", Text),
    Column("is_default", Boolean, nullable=False, server_default=text("false")),
    instant("created_at", now=True),
    UniqueConstraint("workspace_id", "name", "version"),
)
