"""The quota of a day, as rows."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    text,
)

from libs.common.tables import instant
from services.sender.tables.base import METADATA

daily_plans = Table(
    "daily_plans",
    METADATA,
    Column("workspace_id", Uuid, nullable=False),
    Column("day", Date, nullable=False),
    Column("quota", Integer, nullable=False),
    instant("starts_at", nullable=False),
    instant("ends_at", nullable=False),
    instant("created_at", now=True),
    PrimaryKeyConstraint("workspace_id", "day"),
    CheckConstraint("starts_at < ends_at", name="day_has_length"),
)

slots = Table(
    "slots",
    METADATA,
    Column("workspace_id", Uuid, nullable=False),
    Column("day", Date, nullable=False),
    Column("number", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("campaign_id", Uuid),
    Column("email_id", Uuid, ForeignKey("sender.emails.id")),
    Column("mailbox_id", Uuid),
    instant("due_at"),
    instant("closes_at"),
    Column("used_token", BigInteger),
    instant("changed_at", now=True),
    PrimaryKeyConstraint("workspace_id", "day", "number"),
    ForeignKeyConstraint(["workspace_id", "day"], ["sender.daily_plans.workspace_id", "sender.daily_plans.day"]),
    CheckConstraint("state IN ('free', 'assigned', 'used', 'gone')", name="state_known"),
    CheckConstraint("(state IN ('assigned', 'used')) = (email_id IS NOT NULL)", name="live_names_its_email"),
    CheckConstraint("(state = 'used') = (used_token IS NOT NULL)", name="used_names_its_token"),
    CheckConstraint(
        "state <> 'assigned' OR (mailbox_id IS NOT NULL AND coalesce(due_at < closes_at, false))",
        name="assigned_has_its_time",
    ),
    Index("ix_slots_due", "mailbox_id", "due_at", postgresql_where=text("state = 'assigned'")),
    Index("ix_slots_open", "workspace_id", "day", postgresql_where=text("state IN ('assigned', 'free')")),
    Index("uq_slots_live_email", "email_id", unique=True, postgresql_where=text("state = 'assigned'")),
    Index("ix_slots_email_id", "email_id"),
    Index("ix_slots_campaign_id_day", "campaign_id", "day"),
)
"""An assigned slot is used from `due_at` on, by a call that ends by `closes_at`, the end of its lead's working hours."""

planning_dues = Table(
    "planning_dues",
    METADATA,
    Column("workspace_id", Uuid, primary_key=True),
    instant("due_at"),
    Column("asks", BigInteger, nullable=False, server_default=text("0")),
    Index("ix_planning_dues_due_at", "due_at"),
)
"""When a workspace is to be planned next. Whoever asks for it counts `asks` up, so that a planner which read less than that
does not put it off."""
