"""What a workspace has set about its spending: caps, alerts, and credits that are bought by themselves."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from libs.common.tables import instant
from services.billing.tables.base import METADATA, none_negative

workspaces = Table(
    "workspaces",
    METADATA,
    Column("workspace_id", Uuid, primary_key=True),
    Column("time_zone", Text, nullable=False),
    Column("version", BigInteger, nullable=False, server_default=text("1")),
)
"""Whose midnight ends a day of spending, as of the gateway's `version`. One that is not here counts in UTC."""

spend_caps = Table(
    "spend_caps",
    METADATA,
    Column("workspace_id", Uuid, primary_key=True),
    Column("per_day", BigInteger),
    Column("per_month", BigInteger),
    Column("per_member", BigInteger),
    Column("set_by", Uuid, nullable=False),
    instant("set_at", now=True),
    none_negative("per_day", "per_month", "per_member"),
)
"""Whole credits; null is without a cap. `per_member` counts a calendar month, as `per_month` does."""

member_caps = Table(
    "member_caps",
    METADATA,
    Column("workspace_id", Uuid, nullable=False),
    Column("user_id", Uuid, nullable=False),
    Column("per_month", BigInteger),
    Column("set_by", Uuid, nullable=False),
    instant("set_at", now=True),
    PrimaryKeyConstraint("workspace_id", "user_id"),
    none_negative("per_month"),
)
"""Of whom it is here, this counts in place of `spend_caps.per_member`; null is without a cap."""

alert_settings = Table(
    "alert_settings",
    METADATA,
    Column("workspace_id", Uuid, primary_key=True),
    Column("thresholds", ARRAY(BigInteger), nullable=False),
    Column("set_by", Uuid, nullable=False),
    instant("set_at", now=True),
)
"""Only of who has set some; the others have their plan's."""

low_balances = Table(
    "low_balances",
    METADATA,
    Column("workspace_id", Uuid, nullable=False),
    Column("threshold", BigInteger, nullable=False),
    Column("crossing", Integer, nullable=False, server_default=text("0")),
    instant("low_since"),
    PrimaryKeyConstraint("workspace_id", "threshold"),
    Index("ix_low_balances_low", "workspace_id", postgresql_where=text("low_since IS NOT NULL")),
)
"""A threshold that has been seen above is armed (`low_since` is null); `crossing` counts how often it was fallen below."""

auto_top_ups = Table(
    "auto_top_ups",
    METADATA,
    Column("workspace_id", Uuid, primary_key=True),
    Column("threshold", BigInteger, nullable=False),
    Column("pack", Text, nullable=False),
    Column("maximum_minor", BigInteger, nullable=False),
    Column("is_on", Boolean, nullable=False),
    Column("off_reason", Text),
    Column("maximum_told_for", Date),
    Column("set_by", Uuid, nullable=False),
    instant("set_at", now=True),
    CheckConstraint("is_on = (off_reason IS NULL)", name="off_reason"),
    none_negative("threshold", "maximum_minor"),
)
"""Below `threshold` credits buy `pack`, for `maximum_minor` a calendar month at most. `maximum_told_for` is the first day of
the last month in which it was told that the maximum is reached."""

top_ups = Table(
    "top_ups",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("workspace_id", Uuid, nullable=False),
    Column("month", Date, nullable=False),
    Column("pack", Text, nullable=False),
    Column("credits", BigInteger, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("invoice_id", Text),
    Column("reason", Text),
    Column("pay_url", Text),
    instant("asked_at", nullable=False),
    instant("created_at", now=True),
    CheckConstraint("state IN ('asking', 'paid', 'credited', 'failed')", name="state"),
    none_negative("credits", "amount_minor"),
    Index("uq_top_ups_open", "workspace_id", unique=True, postgresql_where=text("state IN ('asking', 'paid')")),
    Index("ix_top_ups_month", "workspace_id", "month"),
)
"""Its id is the key under which Stripe is asked, however often. `paid` waits for the credits, which come with the invoice;
nothing else is bought meanwhile. `month` is the first day of the workspace's month that it counts in."""
