"""Lists, the rows that came with them, and what was corrected since."""

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
from services.sender.tables.base import METADATA, count, words

lists = Table(
    "lists",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("workspace_id", Uuid, nullable=False),
    Column("name", Text, nullable=False),
    Column("state", Text, nullable=False, server_default=text("'receiving'")),
    Column("parts_expected", Integer, nullable=False),
    count("parts_received"),
    count("recipients_count"),
    count("sandboxed_count"),
    count("set_aside_count"),
    instant("created_at", now=True),
    instant("ready_at"),
    CheckConstraint("state IN ('receiving', 'ready')", name="state_known"),
    CheckConstraint("parts_received <= parts_expected", name="no_part_twice"),
    Index("ix_lists_workspace_id_id", "workspace_id", "id"),
)

list_parts = Table(
    "list_parts",
    METADATA,
    Column("list_id", Uuid, ForeignKey("sender.lists.id", ondelete="CASCADE"), nullable=False),
    Column("part_no", Integer, nullable=False),
    PrimaryKeyConstraint("list_id", "part_no"),
)

leads = Table(
    "leads",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("workspace_id", Uuid, nullable=False),
    Column("list_id", Uuid, ForeignKey("sender.lists.id", ondelete="CASCADE"), nullable=False),
    Column("row_no", Integer, nullable=False),
    Column("email", Text, nullable=False),
    words("first_name"),
    words("last_name"),
    words("company"),
    words("title"),
    words("country"),
    words("state"),
    words("city"),
    words("phone"),
    words("line"),
    words("product"),
    words("pitch"),
    Column("status", Text, nullable=False),
    Column("sandboxed", Boolean, nullable=False),
    Column("set_aside", Text),
    UniqueConstraint("list_id", "row_no"),
    Index("ix_leads_workspace_id_email", "workspace_id", "email"),
)

line_corrections = Table(
    "line_corrections",
    METADATA,
    Column("list_id", Uuid, ForeignKey("sender.lists.id", ondelete="CASCADE"), nullable=False),
    Column("row_no", Integer, nullable=False),
    Column("attempt", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
    words("line"),
    words("product"),
    words("pitch"),
    Column("status", Text, nullable=False),
    Column("sandboxed", Boolean, nullable=False),
    PrimaryKeyConstraint("list_id", "row_no"),
)
"""The newest line of a row that was changed after its list was published, also of one that has not arrived yet."""
