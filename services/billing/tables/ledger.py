"""Credits: accounts, grants, holds, captures, entries. Amounts are whole credits; keys of money (`subject`, chunk,
business key) are kept for ever."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from libs.common.tables import instant
from services.billing.tables.base import METADATA, amount, none_negative

accounts = Table(
    "accounts",
    METADATA,
    Column("workspace_id", Uuid, primary_key=True),
    amount("available"),
    amount("held"),
    amount("settling"),
    amount("spent"),
    amount("owed"),
    Column("version", BigInteger, nullable=False, server_default=text("0")),
    Column("chain_length", BigInteger, nullable=False, server_default=text("0")),
    Column("chain_head", LargeBinary, nullable=False, server_default=text("decode(repeat('00', 32), 'hex')")),
    instant("created_at", now=True),
    none_negative("available", "held", "settling", "spent", "owed"),
    postgresql_with={"fillfactor": 50},
)

grants = Table(
    "grants",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("workspace_id", Uuid, ForeignKey("billing.accounts.workspace_id"), nullable=False),
    Column("business_key", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("priority", Integer, nullable=False),
    instant("expires_at"),
    instant("expired_at"),
    Column("reason", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    amount("available"),
    amount("held"),
    amount("captured"),
    amount("refunded"),
    amount("expired"),
    amount("voided"),
    amount("clawed_back"),
    amount("owed"),
    instant("created_at", now=True),
    Column("is_open", Boolean, Computed("available > 0 OR held > 0", persisted=True), nullable=False),
    UniqueConstraint("workspace_id", "business_key"),
    CheckConstraint("kind IN ('plan', 'purchased', 'promotional', 'adjustment')", name="kind"),
    CheckConstraint("size > 0", name="size"),
    CheckConstraint(
        "size = available + held + (captured - refunded) + expired + voided + clawed_back AND refunded <= captured",
        name="whole",
    ),
    none_negative("available", "held", "captured", "refunded", "expired", "voided", "clawed_back"),
    Index("ix_grants_open", "workspace_id", postgresql_where=text("is_open")),
    Index("ix_grants_page", "workspace_id", "id"),
    Index("ix_grants_due", "expires_at", postgresql_where=text("is_open")),
    postgresql_with={"fillfactor": 70},
)
"""`is_open` changes when the last credit goes, an amount all the time: indexes of it leave updates of amounts alone (HOT)."""

holds = Table(
    "holds",
    METADATA,
    Column("subject_kind", Text, nullable=False),
    Column("subject_id", Uuid, nullable=False),
    Column("workspace_id", Uuid, ForeignKey("billing.accounts.workspace_id"), nullable=False),
    Column("state", Text, nullable=False),
    amount("needed"),
    amount("placed"),
    amount("raised"),
    amount("lowered"),
    amount("held"),
    amount("captured"),
    Column("credits_total", BigInteger),
    Column("price_version", Integer),
    Column("credits_per_row", BigInteger),
    Column("declined_available", BigInteger),
    Column("declined_reason", Text),
    Column("user_id", Uuid),
    instant("settled_at"),
    instant("last_heard_at", nullable=False),
    instant("questioned_at"),
    Column("questions", Integer, nullable=False, server_default=text("0")),
    instant("created_at", now=True),
    PrimaryKeyConstraint("subject_kind", "subject_id"),
    CheckConstraint("subject_kind IN ('job', 'sourcing')", name="subject_kind"),
    CheckConstraint("state IN ('held', 'declined', 'settling', 'closed', 'tombstone')", name="state"),
    CheckConstraint("held = 0 OR state IN ('held', 'settling')", name="open"),
    CheckConstraint("captured <= coalesce(credits_total, placed + raised - lowered)", name="captured"),
    none_negative("placed", "raised", "lowered", "needed", "held", "captured", "credits_total"),
    Index("ix_holds_workspace_id", "workspace_id", "created_at"),
    Index("ix_holds_open", "last_heard_at", postgresql_where=text("state IN ('held', 'settling')")),
)

_SUBJECT = ["subject_kind", "subject_id"]
_HOLD = ["billing.holds.subject_kind", "billing.holds.subject_id"]

hold_grants = Table(
    "hold_grants",
    METADATA,
    Column("subject_kind", Text, nullable=False),
    Column("subject_id", Uuid, nullable=False),
    Column("grant_id", Uuid, ForeignKey("billing.grants.id"), nullable=False),
    amount("held"),
    amount("captured"),
    amount("refunded"),
    PrimaryKeyConstraint("subject_kind", "subject_id", "grant_id"),
    ForeignKeyConstraint(_SUBJECT, _HOLD, name="fk_hold_grants_hold"),
    CheckConstraint("refunded <= captured", name="refunded"),
    none_negative("held", "captured", "refunded"),
)

hold_raises = Table(
    "hold_raises",
    METADATA,
    Column("subject_kind", Text, nullable=False),
    Column("subject_id", Uuid, nullable=False),
    Column("round", Integer, nullable=False),
    Column("asked", BigInteger, nullable=False),
    Column("credits", BigInteger),
    Column("needed", BigInteger, nullable=False),
    Column("available", BigInteger, nullable=False),
    Column("reason", Text, nullable=False, server_default=text("'credits'")),
    Column("workspace_id", Uuid),
    instant("created_at", now=True),
    PrimaryKeyConstraint("subject_kind", "subject_id", "round"),
    ForeignKeyConstraint(_SUBJECT, _HOLD, name="fk_hold_raises_hold"),
    none_negative("asked", "credits", "needed", "available"),
    Index("ix_hold_raises_workspace_id", "workspace_id", "created_at", postgresql_where=text("credits IS NOT NULL")),
)
"""Append-only by trigger: the first answer to `raise:<subject>:<round>`, for ever. `credits` is null when declined, and
`reason` then says by what."""

captures = Table(
    "captures",
    METADATA,
    Column("subject_kind", Text, nullable=False),
    Column("subject_id", Uuid, nullable=False),
    Column("chunk_no", Integer, nullable=False),
    Column("credits", BigInteger, nullable=False),
    instant("created_at", now=True),
    PrimaryKeyConstraint("subject_kind", "subject_id", "chunk_no"),
    ForeignKeyConstraint(_SUBJECT, _HOLD, name="fk_captures_hold"),
    none_negative("credits"),
)
"""Append-only by trigger: `capture:<subject>:<chunk>`, with its credits, for ever."""

_FIRST_LINE = text("line_no = 1")

entries = Table(
    "entries",
    METADATA,
    Column("transaction_id", Uuid, nullable=False),
    Column("line_no", Integer, nullable=False),
    Column("workspace_id", Uuid, ForeignKey("billing.accounts.workspace_id"), nullable=False),
    Column("operation", Text, nullable=False),
    Column("business_key", Text, nullable=False),
    Column("account_kind", Text, nullable=False),
    Column("grant_id", Uuid, ForeignKey("billing.grants.id")),
    Column("amount_credits", BigInteger, nullable=False),
    Column("subject_kind", Text),
    Column("subject_id", Uuid),
    Column("actor", Text, nullable=False),
    Column("reason", Text, nullable=False),
    instant("created_at", now=True),
    Column("place", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    PrimaryKeyConstraint("transaction_id", "line_no"),
    UniqueConstraint("workspace_id", "business_key", "line_no"),
    UniqueConstraint("workspace_id", "place"),
    CheckConstraint("amount_credits <> 0", name="amount"),
    CheckConstraint("line_no > 0", name="line_no"),
    CheckConstraint("place > 0 AND length(hash) = 32", name="chained"),
    Index("ix_entries_page", "workspace_id", "transaction_id", postgresql_where=_FIRST_LINE),
    Index("ix_entries_subject", "workspace_id", "subject_id", "transaction_id", postgresql_where=_FIRST_LINE),
    Index("ix_entries_operation", "workspace_id", "operation", "transaction_id", postgresql_where=_FIRST_LINE),
    Index("ix_entries_grant", "workspace_id", "grant_id", "transaction_id"),
)
"""Append-only, and transactions sum to zero (by triggers); chained by `place` and `hash` (domain/credits/chain.py)."""
