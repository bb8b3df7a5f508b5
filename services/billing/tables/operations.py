"""What operators and the proof leave behind: refunds, what was spent on which day, proofs, and price lists."""

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
from sqlalchemy.dialects.postgresql import JSONB

from libs.common.tables import instant
from services.billing.tables.base import METADATA, amount, none_negative

_HOLD = ["billing.holds.subject_kind", "billing.holds.subject_id"]

refunds = Table(
    "refunds",
    METADATA,
    Column("subject_kind", Text, nullable=False),
    Column("subject_id", Uuid, nullable=False),
    Column("refund_no", Integer, nullable=False),
    Column("workspace_id", Uuid, ForeignKey("billing.accounts.workspace_id"), nullable=False),
    Column("idempotency_key", Text, nullable=False),
    Column("credits", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("actor", Text, nullable=False),
    instant("created_at", now=True),
    PrimaryKeyConstraint("subject_kind", "subject_id", "refund_no"),
    UniqueConstraint("workspace_id", "idempotency_key"),
    ForeignKeyConstraint(["subject_kind", "subject_id"], _HOLD, name="fk_refunds_hold"),
    CheckConstraint("credits > 0 AND refund_no > 0", name="amounts"),
)
"""Append-only by trigger: `refund:<subject>:<n>`, for ever."""

refund_rows = Table(
    "refund_rows",
    METADATA,
    Column("subject_kind", Text, nullable=False),
    Column("subject_id", Uuid, nullable=False),
    Column("row_no", Integer, nullable=False),
    Column("refund_no", Integer, nullable=False),
    PrimaryKeyConstraint("subject_kind", "subject_id", "row_no"),
    ForeignKeyConstraint(
        ["subject_kind", "subject_id", "refund_no"],
        ["billing.refunds.subject_kind", "billing.refunds.subject_id", "billing.refunds.refund_no"],
        name="fk_refund_rows_refund",
    ),
)
"""Append-only by trigger: a row is refunded once."""

spent_days = Table(
    "spent_days",
    METADATA,
    Column("workspace_id", Uuid, ForeignKey("billing.accounts.workspace_id"), nullable=False),
    Column("day", Date, nullable=False),
    amount("captured"),
    amount("refunded"),
    PrimaryKeyConstraint("workspace_id", "day"),
)
"""What was charged and refunded on each day (UTC). A trigger on `entries` keeps it, so whoever writes entries counts."""

proof_runs = Table(
    "proof_runs",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("actor", Text, nullable=False),
    instant("started_at", now=True),
    instant("finished_at"),
    Column("reached", Uuid),
    Column("accounts", Integer, nullable=False, server_default=text("0")),
    Column("differing", Integer, nullable=False, server_default=text("0")),
    Index(
        "ix_proof_runs_open", text("(finished_at IS NULL)"), unique=True, postgresql_where=text("finished_at IS NULL")
    ),
    Index("ix_proof_runs_started_at", "started_at"),
)
"""A look at every account, in the order of their ids; `reached` is the last one looked at. One is open at a time."""

proofs = Table(
    "proofs",
    METADATA,
    Column("workspace_id", Uuid, ForeignKey("billing.accounts.workspace_id"), primary_key=True),
    Column("run_id", Uuid, ForeignKey("billing.proof_runs.id"), nullable=False),
    instant("proved_at", nullable=False),
    Column("holds", Boolean, nullable=False),
    Column("checks", JSONB, nullable=False),
    Index("ix_proofs_differing", "workspace_id", postgresql_where=text("NOT holds")),
)
"""The last proof of each account: every check, and what it found."""

price_lists = Table(
    "price_lists",
    METADATA,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("credits_per_row", BigInteger, nullable=False),
    Column("credits_per_lead", BigInteger, nullable=False, server_default=text("1")),
    amount("credits_per_column"),
    Column("reason", Text, nullable=False, server_default=text("''")),
    Column("actor", Text, nullable=False, server_default=text("''")),
    instant("created_at", now=True),
    CheckConstraint("version > 0", name="version"),
    none_negative("credits_per_row", "credits_per_lead", "credits_per_column"),
)
"""Append-only by trigger: a version never changes, jobs were priced by it."""
