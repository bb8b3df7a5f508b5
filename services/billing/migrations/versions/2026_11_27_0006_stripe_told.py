"""What Stripe tells, and what was made of it."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

SCHEMA = "billing"
_OURS = (
    "stripe_cursors",
    "stripe_refund_requests",
    "stripe_reversals",
    "stripe_grants",
    "stripe_invoice_lines",
    "stripe_invoices",
    "stripe_events",
)


def upgrade() -> None:
    _create_events()
    _create_invoices()
    _create_lines()
    _create_grants()
    _create_reversals()
    _create_refund_requests()
    _create_cursors()


def downgrade() -> None:
    """What Stripe told is in Stripe still; which grants came of it is in their business keys."""
    for table in _OURS:
        op.drop_table(table, schema=SCHEMA)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _instant(name: str, *, nullable: bool = False, now: bool = False) -> sa.Column[object]:
    default = sa.text("now()") if now else None
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, server_default=default)


def _money(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _credits(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), server_default=sa.text("0"), nullable=False)


def _check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def _of_invoice(table: str) -> tuple[sa.Column[str], sa.ForeignKeyConstraint]:
    name = op.f(f"fk_{table}_invoice_id")
    return _text("invoice_id"), sa.ForeignKeyConstraint(["invoice_id"], ["billing.stripe_invoices.id"], name=name)


def _primary(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))


def _create_events() -> None:
    table = "stripe_events"
    op.create_table(
        table,
        *(_text(name) for name in ("id", "type", "object_kind", "object_id", "source")),
        sa.Column("state", sa.Text(), server_default=sa.text("'stored'"), nullable=False),
        _text("code", nullable=True),
        _text("reason", nullable=True),
        sa.Column("body", sa.LargeBinary()),
        _instant("told_at"),
        _instant("received_at", now=True),
        _instant("applied_at", nullable=True),
        _primary(table, "id"),
        _check(table, "source", "source IN ('webhook', 'reconciliation')"),
        _check(table, "state", "state IN ('stored', 'applied', 'ignored', 'refused')"),
        _check(table, "applied_at", "(state = 'stored') = (applied_at IS NULL)"),
        _check(table, "code", "(state = 'refused') = (code IS NOT NULL)"),
        schema=SCHEMA,
    )
    op.create_index("ix_stripe_events_page", table, ["received_at", "id"], schema=SCHEMA)
    op.create_index(
        "ix_stripe_events_open",
        table,
        ["state", "received_at"],
        schema=SCHEMA,
        postgresql_where=sa.text("state IN ('stored', 'refused')"),
    )
    op.create_index(
        "ix_stripe_events_bodies", table, ["received_at"], schema=SCHEMA, postgresql_where=sa.text("body IS NOT NULL")
    )


def _create_invoices() -> None:
    table = "stripe_invoices"
    amounts = ("granted_credits", "plan_credits", "taken_credits", "recalled_credits")
    op.create_table(
        table,
        _text("id"),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        _text("customer_id"),
        _text("subscription_id", nullable=True),
        *(_text(name) for name in ("number", "status", "currency")),
        _money("total_minor"),
        _money("paid_minor"),
        *(_text(name, nullable=True) for name in ("hosted_url", "pdf_url", "refused_code", "refused_reason")),
        *(_credits(name) for name in amounts),
        _instant("issued_at"),
        _instant("paid_at", nullable=True),
        _instant("fetched_at"),
        _primary(table, "id"),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["billing.accounts.workspace_id"], name=op.f("fk_stripe_invoices_workspace_id")
        ),
        _check(table, "none_negative", " AND ".join(f"{name} >= 0" for name in amounts)),
        _check(table, "taken", "recalled_credits <= taken_credits AND taken_credits <= granted_credits"),
        _check(table, "plan_credits", "plan_credits <= granted_credits"),
        schema=SCHEMA,
    )
    op.create_index("ix_stripe_invoices_page", table, ["workspace_id", "issued_at", "id"], schema=SCHEMA)
    op.create_index("ix_stripe_invoices_subscription", table, ["subscription_id"], schema=SCHEMA)


def _create_lines() -> None:
    table = "stripe_invoice_lines"
    op.create_table(
        table,
        *_of_invoice(table),
        *(_text(name) for name in ("line_id", "kind", "item")),
        *(_money(name) for name in ("quantity", "amount_minor", "credits")),
        _instant("starts_at"),
        _instant("ends_at"),
        _primary(table, "invoice_id", "line_id"),
        _check(table, "kind", "kind IN ('plan', 'proration', 'pack', 'trial')"),
        _check(table, "credits", "kind = 'proration' OR credits >= 0"),
        schema=SCHEMA,
    )


def _create_grants() -> None:
    table = "stripe_grants"
    op.create_table(
        table,
        *_of_invoice(table),
        _text("business_key"),
        sa.Column("place", sa.Integer(), nullable=False),
        _text("cause"),
        _primary(table, "invoice_id", "business_key"),
        _check(table, "cause", "cause IN ('paid', 'returned')"),
        schema=SCHEMA,
    )


def _create_reversals() -> None:
    table = "stripe_reversals"
    op.create_table(
        table,
        _text("id"),
        _text("kind"),
        *_of_invoice(table),
        _money("amount_minor"),
        _text("status"),
        sa.Column("active", sa.Boolean(), nullable=False),
        _text("reason"),
        _credits("recalled_credits"),
        _credits("returned_credits"),
        sa.Column("claws", sa.Integer(), server_default=sa.text("0"), nullable=False),
        _instant("told_at"),
        _instant("fetched_at"),
        _primary(table, "id"),
        _check(table, "kind", "kind IN ('refund', 'credit_note', 'dispute', 'void')"),
        _check(table, "none_negative", "amount_minor >= 0 AND recalled_credits >= 0 AND returned_credits >= 0"),
        schema=SCHEMA,
    )
    op.create_index("ix_stripe_reversals_invoice_id", table, ["invoice_id"], schema=SCHEMA)


def _create_refund_requests() -> None:
    table = "stripe_refund_requests"
    op.create_table(
        table,
        _text("idempotency_key"),
        *_of_invoice(table),
        _money("amount_minor", nullable=True),
        _text("reason"),
        _text("actor"),
        _text("refund_id", nullable=True),
        _money("refunded_minor", nullable=True),
        _instant("created_at", now=True),
        _primary(table, "idempotency_key"),
        _check(table, "amount_minor", "amount_minor > 0"),
        schema=SCHEMA,
    )


def _create_cursors() -> None:
    op.create_table(
        "stripe_cursors", _text("name"), _instant("reached_at"), _primary("stripe_cursors", "name"), schema=SCHEMA
    )
