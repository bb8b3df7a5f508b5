"""Lists, the rows that came with them, the people behind the rows, and what was corrected since."""

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
from sqlalchemy.dialects.postgresql import JSONB

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
    Column("keeps_roles", Boolean, nullable=False, server_default=text("false")),
    instant("created_at", now=True),
    instant("ready_at"),
    instant("delete_asked_at"),
    instant("erased_at"),
    CheckConstraint("state IN ('receiving', 'ready', 'deleted')", name="state_known"),
    CheckConstraint("parts_received <= parts_expected", name="no_part_twice"),
    Index("ix_lists_workspace_id_id", "workspace_id", "id"),
    Index("ix_lists_to_delete", "id", postgresql_where=text("delete_asked_at IS NOT NULL AND erased_at IS NULL")),
)
"""A deleted one stays without its rows, so that a part that comes late does not bring it back."""

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
    Column("email", Text, nullable=False),
    Column("domain", Text, nullable=False),
    instant("created_at", now=True),
    UniqueConstraint("workspace_id", "email"),
    Index("ix_leads_domain_workspace_id", "domain", "workspace_id"),
)
"""Persons of a workspace, one per normalised address, whatever lists they came with."""

recipients = Table(
    "recipients",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("workspace_id", Uuid, nullable=False),
    Column("list_id", Uuid, ForeignKey("sender.lists.id", ondelete="CASCADE"), nullable=False),
    Column("lead_id", Uuid, ForeignKey("sender.leads.id")),
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
    Column("fields", JSONB, nullable=False, server_default=text("'{}'")),
    Column("status", Text, nullable=False),
    Column("sandboxed", Boolean, nullable=False),
    Column("set_aside", Text),
    Column("duplicate_of", Integer),
    Column("taken_in", Boolean, nullable=False, server_default=text("false")),
    UniqueConstraint("list_id", "row_no"),
    CheckConstraint("lead_id IS NOT NULL OR set_aside IS NOT NULL", name="nobody_is_set_aside"),
    CheckConstraint(
        "(set_aside IS NOT DISTINCT FROM 'duplicate') = (duplicate_of IS NOT NULL)", name="duplicate_names_the_first"
    ),
    Index("ix_recipients_lead_id_list_id", "lead_id", "list_id"),
    Index("ix_recipients_set_aside", "list_id", "set_aside", "row_no", postgresql_where=text("set_aside IS NOT NULL")),
)
"""The rows of lists. `fields` are the sheet's other columns; `duplicate_of` is the row that has the person first; who was
`taken_in` by somebody is not set aside for that reason again."""

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

mail_domains = Table(
    "mail_domains",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("state", Text, nullable=False, server_default=text("'unknown'")),
    instant("check_at"),
    instant("checked_at"),
    count("tries"),
    CheckConstraint("state IN ('unknown', 'takes_mail', 'no_mx')", name="state_known"),
    Index("ix_mail_domains_check_at", "check_at"),
)
"""Whether a domain takes mail, of every tenant's leads: DNS is public. `tries` are look-ups in a row that found no way to
it; without `check_at` it is looked up when a list names it again."""
