"""Caps, alerts, top-ups."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

SCHEMA = "billing"
_OURS = ("top_ups", "auto_top_ups", "low_balances", "alert_settings", "spend_caps", "workspaces")


def upgrade() -> None:
    _attribute_holds()
    op.create_table("workspaces", _workspace(), _text("time_zone"), _key("workspaces"), schema=SCHEMA)
    _create_caps()
    _create_alerts()
    _create_auto_top_ups()
    _create_top_ups()


def downgrade() -> None:
    for table in _OURS:
        op.drop_table(table, schema=SCHEMA)
    op.drop_index("ix_hold_raises_workspace_id", "hold_raises", schema=SCHEMA)
    op.drop_index("ix_holds_workspace_id", "holds", schema=SCHEMA)
    op.create_index("ix_holds_workspace_id", "holds", ["workspace_id"], schema=SCHEMA)
    for table, column in (
        ("hold_raises", "workspace_id"),
        ("hold_raises", "reason"),
        ("holds", "user_id"),
        ("holds", "declined_reason"),
    ):
        op.drop_column(table, column, schema=SCHEMA)


def _attribute_holds() -> None:
    """Whose spending a hold is, and what declined it. Raises that were answered before count in no period."""
    op.add_column("holds", sa.Column("declined_reason", sa.Text), schema=SCHEMA)
    op.add_column("holds", sa.Column("user_id", sa.Uuid), schema=SCHEMA)
    op.drop_index("ix_holds_workspace_id", "holds", schema=SCHEMA)
    op.create_index("ix_holds_workspace_id", "holds", ["workspace_id", "created_at"], schema=SCHEMA)
    reason = sa.Column("reason", sa.Text, nullable=False, server_default=sa.text("'credits'"))
    op.add_column("hold_raises", reason, schema=SCHEMA)
    op.add_column("hold_raises", sa.Column("workspace_id", sa.Uuid), schema=SCHEMA)
    op.create_index(
        "ix_hold_raises_workspace_id",
        "hold_raises",
        ["workspace_id", "created_at"],
        schema=SCHEMA,
        postgresql_where=sa.text("credits IS NOT NULL"),
    )


def _create_caps() -> None:
    op.create_table(
        "spend_caps",
        _workspace(),
        *(sa.Column(name, sa.BigInteger) for name in ("per_day", "per_month", "per_member")),
        *_setting(),
        _key("spend_caps"),
        sa.CheckConstraint(
            "per_day >= 0 AND per_month >= 0 AND per_member >= 0", name=op.f("ck_spend_caps_none_negative")
        ),
        schema=SCHEMA,
    )


def _create_alerts() -> None:
    op.create_table(
        "alert_settings",
        _workspace(),
        sa.Column("thresholds", ARRAY(sa.BigInteger), nullable=False),
        *_setting(),
        _key("alert_settings"),
        schema=SCHEMA,
    )
    op.create_table(
        "low_balances",
        _workspace(),
        sa.Column("threshold", sa.BigInteger, nullable=False),
        sa.Column("crossing", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("low_since", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("workspace_id", "threshold", name=op.f("pk_low_balances")),
        schema=SCHEMA,
    )
    op.create_index(
        "ix_low_balances_low",
        "low_balances",
        ["workspace_id"],
        schema=SCHEMA,
        postgresql_where=sa.text("low_since IS NOT NULL"),
    )


def _create_auto_top_ups() -> None:
    op.create_table(
        "auto_top_ups",
        _workspace(),
        sa.Column("threshold", sa.BigInteger, nullable=False),
        _text("pack"),
        sa.Column("maximum_minor", sa.BigInteger, nullable=False),
        sa.Column("is_on", sa.Boolean, nullable=False),
        sa.Column("off_reason", sa.Text),
        sa.Column("maximum_told_for", sa.Date),
        *_setting(),
        _key("auto_top_ups"),
        sa.CheckConstraint("is_on = (off_reason IS NULL)", name=op.f("ck_auto_top_ups_off_reason")),
        sa.CheckConstraint("threshold >= 0 AND maximum_minor >= 0", name=op.f("ck_auto_top_ups_none_negative")),
        schema=SCHEMA,
    )


def _create_top_ups() -> None:
    op.create_table(
        "top_ups",
        sa.Column("id", sa.Uuid, nullable=False),
        _workspace(),
        sa.Column("month", sa.Date, nullable=False),
        _text("pack"),
        sa.Column("credits", sa.BigInteger, nullable=False),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
        _text("currency"),
        _text("state"),
        sa.Column("invoice_id", sa.Text),
        sa.Column("reason", sa.Text),
        sa.Column("pay_url", sa.Text),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        _now("created_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_top_ups")),
        sa.CheckConstraint("state IN ('asking', 'paid', 'credited', 'failed')", name=op.f("ck_top_ups_state")),
        sa.CheckConstraint("credits >= 0 AND amount_minor >= 0", name=op.f("ck_top_ups_none_negative")),
        schema=SCHEMA,
    )
    op.create_index(
        "uq_top_ups_open",
        "top_ups",
        ["workspace_id"],
        unique=True,
        schema=SCHEMA,
        postgresql_where=sa.text("state IN ('asking', 'paid')"),
    )
    op.create_index("ix_top_ups_month", "top_ups", ["workspace_id", "month"], schema=SCHEMA)


def _workspace() -> sa.Column[object]:
    return sa.Column("workspace_id", sa.Uuid, nullable=False)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _now(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()"))


def _setting() -> tuple[sa.Column[object], sa.Column[object]]:
    return sa.Column("set_by", sa.Uuid, nullable=False), _now("set_at")


def _key(table: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint("workspace_id", name=op.f(f"pk_{table}"))
