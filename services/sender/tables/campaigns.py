"""Campaigns and who is in them."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from libs.common.tables import instant
from services.sender.tables.base import METADATA, count, words

campaigns = Table(
    "campaigns",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("workspace_id", Uuid, nullable=False),
    Column("list_id", Uuid, ForeignKey("sender.lists.id"), nullable=False),
    Column("mailbox_id", Uuid, ForeignKey("sender.mailboxes.id"), nullable=False),
    Column("template_id", Uuid, ForeignKey("sender.templates.id"), nullable=False),
    Column("template_version", Integer, nullable=False, server_default=text("1")),
    Column("name", Text, nullable=False),
    Column("state", Text, nullable=False, server_default=text("'draft'")),
    Column("daily_quota", Integer, nullable=False),
    Column("weight", Integer, nullable=False, server_default=text("1")),
    Column("subject", Text, nullable=False),
    Column("text_body", Text, nullable=False),
    Column("html_body", Text),
    Column("sandboxed", Boolean, nullable=False),
    Column("window_days", ARRAY(SmallInteger), nullable=False, server_default=text("'{1,2,3,4,5}'")),
    Column("window_from_min", SmallInteger, nullable=False, server_default=text("540")),
    Column("window_to_min", SmallInteger, nullable=False, server_default=text("1020")),
    Column("skip_holidays", Boolean, nullable=False, server_default=text("true")),
    Column("waking", Boolean, nullable=False, server_default=text("false")),
    instant("created_at", now=True),
    instant("started_at"),
    instant("paused_at"),
    Column("paused_reason", Text),
    instant("finished_at"),
    Column("ended_by", Uuid),
    instant("start_due_at"),
    Column("start_after_row", Integer, nullable=False, server_default=text("-1")),
    count("start_rows"),
    count("start_no"),
    count("start_failures"),
    Column("start_problem", Text),
    CheckConstraint("state IN ('draft', 'starting', 'active', 'paused', 'finished')", name="state_known"),
    CheckConstraint("(state = 'starting') = (start_due_at IS NOT NULL)", name="starting_is_due"),
    CheckConstraint("daily_quota > 0", name="quota_positive"),
    CheckConstraint("weight BETWEEN 1 AND 100", name="weight_in_range"),
    CheckConstraint(
        "cardinality(window_days) > 0 AND window_days <@ '{1,2,3,4,5,6,7}'::smallint[]", name="window_has_days"
    ),
    CheckConstraint(
        "0 <= window_from_min AND window_from_min < window_to_min AND window_to_min <= 1440", name="window_in_a_day"
    ),
    Index("ix_campaigns_workspace_id_id", "workspace_id", "id"),
    Index("ix_campaigns_active", "workspace_id", postgresql_where=text("state = 'active'")),
    Index("ix_campaigns_starting", "start_due_at", postgresql_where=text("state = 'starting'")),
)
"""One that is `starting` takes in its list page by page: `start_rows` are done, up to the row `start_after_row`, and whoever
finds it after `start_due_at` goes on. `start_no` counts its starts, and `start_failures` how often the clock failed since the
latest page. `start_problem` says why the last start came to nothing, `paused_reason` why one is paused that no person has
paused. Of one that is `waking` the planner looks at everybody again."""

campaign_mailboxes = Table(
    "campaign_mailboxes",
    METADATA,
    Column("campaign_id", Uuid, ForeignKey("sender.campaigns.id", ondelete="CASCADE"), nullable=False),
    Column("mailbox_id", Uuid, ForeignKey("sender.mailboxes.id"), nullable=False),
    PrimaryKeyConstraint("campaign_id", "mailbox_id"),
    Index("ix_campaign_mailboxes_mailbox_id", "mailbox_id"),
)
"""The mailboxes that a campaign's leads are shared out among, beside the one it was made for."""

enrolments = Table(
    "enrolments",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("workspace_id", Uuid, nullable=False),
    Column("campaign_id", Uuid, ForeignKey("sender.campaigns.id"), nullable=False),
    Column("lead_id", Uuid, ForeignKey("sender.leads.id")),
    Column("recipient_id", Uuid, ForeignKey("sender.recipients.id", ondelete="SET NULL")),
    Column("email", Text, nullable=False),
    Column("domain", Text, Computed("split_part(email, '@'::text, 2)", persisted=True), nullable=False),
    Column("position", Integer, nullable=False),
    Column("mailbox_id", Uuid, ForeignKey("sender.mailboxes.id")),
    instant("wakes_at"),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("detail", Text),
    Column("time_zone", Text, nullable=False, server_default=text("'UTC'")),
    Column("zone_source", Text, nullable=False, server_default=text("'workspace'")),
    words("country"),
    words("subdivision"),
    instant("created_at", now=True),
    instant("ended_at"),
    UniqueConstraint("campaign_id", "lead_id"),
    UniqueConstraint("campaign_id", "recipient_id"),
    CheckConstraint("state IN ('active', 'finished', 'stopped', 'excluded')", name="state_known"),
    CheckConstraint(
        "zone_source IN ('city', 'state', 'country', 'phone', 'email_domain', 'workspace')", name="zone_source_known"
    ),
    CheckConstraint("state <> 'excluded' OR reason IS NOT NULL", name="excluded_says_why"),
    CheckConstraint("state = 'excluded' OR lead_id IS NOT NULL", name="enrolled_is_somebody"),
    Index("ix_enrolments_recipient_id", "recipient_id"),
    Index("ix_enrolments_lead_id", "lead_id"),
    Index(
        "uq_enrolments_active_address",
        "workspace_id",
        "email",
        unique=True,
        postgresql_where=text("state = 'active'"),
    ),
    Index(
        "ix_enrolments_fresh",
        "campaign_id",
        "position",
        postgresql_where=text("state = 'active' AND mailbox_id IS NULL AND wakes_at IS NULL"),
    ),
    Index(
        "ix_enrolments_asleep",
        "campaign_id",
        "wakes_at",
        postgresql_where=text("state = 'active' AND mailbox_id IS NULL AND wakes_at IS NOT NULL"),
    ),
    Index("ix_enrolments_waiting", "campaign_id", "position", postgresql_where=text("state = 'active'")),
)
"""`mailbox_id` is the mailbox that its first call was made from, and stays; null while none was. `wakes_at` is when it can
be planned for again, as far as its window and its other campaigns go; a plan looks at nobody who has one, so it empties those
that come before the end of its day."""
