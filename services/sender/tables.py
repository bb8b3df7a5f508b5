"""The sender's tables. The unique indexes here are the last line of "nobody twice" and "never over the quota"."""

from sqlalchemy import (
    BigInteger,
    Boolean,
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
    UniqueConstraint,
    Uuid,
    text,
)

from libs.common.tables import common_tables, instant, service_metadata

METADATA = service_metadata("sender")
COMMON = common_tables(METADATA)


def _words(name: str) -> Column[object]:
    return Column(name, Text, nullable=False, server_default=text("''"))


def _count(name: str) -> Column[object]:
    return Column(name, Integer, nullable=False, server_default=text("0"))


workspaces = Table(
    "workspaces",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("daily_quota", Integer),
    instant("created_at", now=True),
)

lists = Table(
    "lists",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("workspace_id", Uuid, nullable=False),
    Column("name", Text, nullable=False),
    Column("state", Text, nullable=False, server_default=text("'receiving'")),
    Column("parts_expected", Integer, nullable=False),
    _count("parts_received"),
    _count("recipients_count"),
    _count("sandboxed_count"),
    _count("set_aside_count"),
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
    _words("first_name"),
    _words("last_name"),
    _words("company"),
    _words("title"),
    _words("country"),
    _words("state"),
    _words("city"),
    _words("phone"),
    _words("line"),
    _words("product"),
    _words("pitch"),
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
    _words("line"),
    _words("product"),
    _words("pitch"),
    Column("status", Text, nullable=False),
    Column("sandboxed", Boolean, nullable=False),
    PrimaryKeyConstraint("list_id", "row_no"),
)
"""The newest line of a row that was changed after its list was published, also of one that has not arrived yet."""

suppressions = Table(
    "suppressions",
    METADATA,
    Column("workspace_id", Uuid, nullable=False),
    Column("email", Text, nullable=False),
    Column("reason", Text, nullable=False),
    instant("created_at", now=True),
    PrimaryKeyConstraint("workspace_id", "email"),
)

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

entitlements = Table(
    "entitlements",
    METADATA,
    Column("workspace_id", Uuid, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("plan", Text, nullable=False),
    Column("mailboxes", Integer),
)
"""Billing's word on what a workspace may do, as it was last heard; null is without limit."""

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
    _count("failures"),
    _count("refusals"),
    instant("created_at", now=True),
)

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

emails = Table(
    "emails",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("workspace_id", Uuid, nullable=False),
    Column("campaign_id", Uuid, ForeignKey("sender.campaigns.id"), nullable=False),
    Column("enrolment_id", Uuid, ForeignKey("sender.enrolments.id"), nullable=False),
    Column("lead_id", Uuid, ForeignKey("sender.leads.id"), nullable=False),
    Column("step", Integer, nullable=False),
    Column("state", Text, nullable=False, server_default=text("'planned'")),
    Column("recipient", Text, nullable=False),
    Column("message_id", Text, nullable=False, unique=True),
    Column("fencing_token", BigInteger, nullable=False, server_default=text("0")),
    instant("lease_until"),
    instant("due_at", now=True),
    _count("attempts"),
    _count("deferrals"),
    Column("reason", Text),
    Column("subject", Text),
    instant("created_at", now=True),
    instant("sending_at"),
    instant("ended_at"),
    UniqueConstraint("enrolment_id", "step"),
    CheckConstraint(
        "state IN ('planned', 'claimed', 'sending', 'sent', 'failed', 'unknown', 'deferred', 'cancelled', 'suppressed')",
        name="state_known",
    ),
    CheckConstraint("(state IN ('claimed', 'sending')) = (lease_until IS NOT NULL)", name="leased_in_hand"),
    Index("ix_emails_planned", "due_at", postgresql_where=text("state = 'planned'")),
    Index("ix_emails_leased", "lease_until", postgresql_where=text("state IN ('claimed', 'sending')")),
    Index("ix_emails_campaign_id_state", "campaign_id", "state"),
    Index("ix_emails_workspace_id_id", "workspace_id", "id"),
    Index("ix_emails_workspace_id_recipient", "workspace_id", "recipient"),
    Index("ix_emails_lead_id", "lead_id"),
)

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
    Column("used_token", BigInteger),
    instant("changed_at", now=True),
    PrimaryKeyConstraint("workspace_id", "day", "number"),
    ForeignKeyConstraint(["workspace_id", "day"], ["sender.daily_plans.workspace_id", "sender.daily_plans.day"]),
    CheckConstraint("state IN ('free', 'assigned', 'used', 'gone')", name="state_known"),
    CheckConstraint("(state IN ('assigned', 'used')) = (email_id IS NOT NULL)", name="live_names_its_email"),
    CheckConstraint("(state = 'used') = (used_token IS NOT NULL)", name="used_names_its_token"),
    Index("uq_slots_live_email", "email_id", unique=True, postgresql_where=text("state = 'assigned'")),
    Index("ix_slots_email_id", "email_id"),
    Index("ix_slots_campaign_id_day", "campaign_id", "day"),
)
