"""Adjustments, voids, refunds, holds that are lowered, price lists with columns, spending by day, proofs of every account."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

SCHEMA = "billing"
_WHOLE = "size = available + held + (captured - refunded) + expired{gone} + clawed_back AND refunded <= captured"
_AMOUNTS = (
    "available >= 0 AND held >= 0 AND captured >= 0 AND refunded >= 0 AND expired >= 0{gone} AND clawed_back >= 0"
)
_CAPTURED = "captured <= coalesce(credits_total, placed + raised{less})"
_HELD = "placed >= 0 AND raised >= 0{less} AND needed >= 0 AND held >= 0 AND captured >= 0 AND credits_total >= 0"
_PRICES = "credits_per_row >= 0 AND credits_per_lead >= 0"
_OPERATION = ["workspace_id", "operation", "transaction_id"]
_FIRST = sa.text("line_no = 1")


def upgrade() -> None:
    _tell_what_was_voided_and_owed()
    _let_holds_be_lowered()
    _price_columns()
    _create_refunds()
    _create_proofs()
    _count_spending_by_day()
    _find_movements()


def downgrade() -> None:
    """A grant of which something was voided, or a hold that was lowered, is money: a constraint may refuse to go back."""
    _find_movements_as_before()
    op.execute("DROP TRIGGER entries_count_spending ON billing.entries")
    op.execute("DROP FUNCTION billing.count_spending()")
    for table in ("spent_days", "proofs", "proof_runs", "refund_rows", "refunds"):
        op.drop_table(table, schema=SCHEMA)
    op.execute("DROP TRIGGER price_lists_append_only ON billing.price_lists")
    _bound("price_lists", none_negative=_PRICES)
    for name in ("credits_per_column", "reason", "actor"):
        op.drop_column("price_lists", name, schema=SCHEMA)
    _bound("holds", captured=_CAPTURED.format(less=""), none_negative=_HELD.format(less=""))
    for name in ("lowered", "credits_per_row"):
        op.drop_column("holds", name, schema=SCHEMA)
    _bound("grants", whole=_WHOLE.format(gone=""), none_negative=_AMOUNTS.format(gone=""))
    op.drop_index("ix_grants_page", "grants", schema=SCHEMA)
    for name in ("voided", "owed"):
        op.drop_column("grants", name, schema=SCHEMA)


def _tell_what_was_voided_and_owed() -> None:
    for name in ("voided", "owed"):
        op.add_column("grants", _amount(name), schema=SCHEMA)
    _bound("grants", whole=_WHOLE.format(gone=" + voided"), none_negative=_AMOUNTS.format(gone=" AND voided >= 0"))
    op.create_index("ix_grants_page", "grants", ["workspace_id", "id"], schema=SCHEMA)


def _let_holds_be_lowered() -> None:
    op.add_column("holds", _amount("lowered"), schema=SCHEMA)
    op.add_column("holds", sa.Column("credits_per_row", sa.BigInteger()), schema=SCHEMA)
    _bound("holds", captured=_CAPTURED.format(less=" - lowered"), none_negative=_HELD.format(less=" AND lowered >= 0"))


def _price_columns() -> None:
    op.add_column("price_lists", _amount("credits_per_column"), schema=SCHEMA)
    for name in ("reason", "actor"):
        column = sa.Column(name, sa.Text(), server_default=sa.text("''"), nullable=False)
        op.add_column("price_lists", column, schema=SCHEMA)
    _bound("price_lists", none_negative=f"{_PRICES} AND credits_per_column >= 0")
    _refuse_changes("price_lists")


def _create_refunds() -> None:
    op.create_table(
        "refunds",
        *_subject(),
        sa.Column("refund_no", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("credits", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        _instant("created_at"),
        sa.PrimaryKeyConstraint("subject_kind", "subject_id", "refund_no", name=op.f("pk_refunds")),
        sa.UniqueConstraint("workspace_id", "idempotency_key", name=op.f("uq_refunds_workspace_id_idempotency_key")),
        _account("refunds"),
        _of("holds", "subject_kind", "subject_id", name="fk_refunds_hold"),
        sa.CheckConstraint("credits > 0 AND refund_no > 0", name=op.f("ck_refunds_amounts")),
        schema=SCHEMA,
    )
    op.create_table(
        "refund_rows",
        *_subject(),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.Column("refund_no", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("subject_kind", "subject_id", "row_no", name=op.f("pk_refund_rows")),
        _of("refunds", "subject_kind", "subject_id", "refund_no", name="fk_refund_rows_refund"),
        schema=SCHEMA,
    )
    _refuse_changes("refunds")
    _refuse_changes("refund_rows")


def _create_proofs() -> None:
    op.create_table(
        "proof_runs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        _instant("started_at"),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.Column("reached", sa.Uuid()),
        sa.Column("accounts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("differing", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proof_runs")),
        schema=SCHEMA,
    )
    is_open = sa.text("finished_at IS NULL")
    op.create_index(
        "ix_proof_runs_open",
        "proof_runs",
        [sa.text("(finished_at IS NULL)")],
        unique=True,
        schema=SCHEMA,
        postgresql_where=is_open,
    )
    op.create_index("ix_proof_runs_started_at", "proof_runs", ["started_at"], schema=SCHEMA)
    op.create_table(
        "proofs",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("proved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("holds", sa.Boolean(), nullable=False),
        sa.Column("checks", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", name=op.f("pk_proofs")),
        _account("proofs"),
        sa.ForeignKeyConstraint(["run_id"], ["billing.proof_runs.id"], name=op.f("fk_proofs_run_id")),
        schema=SCHEMA,
    )
    op.create_index(
        "ix_proofs_differing", "proofs", ["workspace_id"], schema=SCHEMA, postgresql_where=sa.text("NOT holds")
    )


_SPENDING = """
    INSERT INTO billing.spent_days (workspace_id, day, captured, refunded)
    SELECT workspace_id, (created_at AT TIME ZONE 'UTC')::date,
        coalesce(sum(amount_credits) FILTER (WHERE account_kind = 'captured'), 0),
        -coalesce(sum(amount_credits) FILTER (WHERE account_kind = 'refunded'), 0)
    FROM {entries} WHERE account_kind IN ('captured', 'refunded') GROUP BY 1, 2 ORDER BY 1, 2
"""


def _count_spending_by_day() -> None:
    op.create_table(
        "spent_days",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        _amount("captured"),
        _amount("refunded"),
        sa.PrimaryKeyConstraint("workspace_id", "day", name=op.f("pk_spent_days")),
        _account("spent_days"),
        schema=SCHEMA,
    )
    op.execute(_SPENDING.format(entries="billing.entries"))
    op.execute(
        f"""
        CREATE FUNCTION billing.count_spending() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            {_SPENDING.format(entries="written")}
            ON CONFLICT (workspace_id, day) DO UPDATE SET
                captured = spent_days.captured + excluded.captured, refunded = spent_days.refunded + excluded.refunded;
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        """
        CREATE TRIGGER entries_count_spending AFTER INSERT ON billing.entries REFERENCING NEW TABLE AS written
            FOR EACH STATEMENT EXECUTE FUNCTION billing.count_spending()
        """
    )


def _find_movements() -> None:
    """Pages look for first lines: an index of those alone is a third as large."""
    for name in ("page", "subject"):
        op.drop_index(f"ix_entries_{name}", "entries", schema=SCHEMA)
    _index("page", "workspace_id", "transaction_id", where=_FIRST)
    _index("subject", "workspace_id", "subject_id", "transaction_id", where=_FIRST)
    _index("operation", *_OPERATION, where=_FIRST)
    _index("grant", "workspace_id", "grant_id", "transaction_id")


def _find_movements_as_before() -> None:
    for name in ("page", "subject", "operation", "grant"):
        op.drop_index(f"ix_entries_{name}", "entries", schema=SCHEMA)
    _index("page", "workspace_id", "transaction_id")
    _index("subject", "workspace_id", "subject_id", "transaction_id")


def _index(name: str, *columns: str, where: sa.TextClause | None = None) -> None:
    op.create_index(f"ix_entries_{name}", "entries", list(columns), schema=SCHEMA, postgresql_where=where)


def _bound(table: str, **conditions: str) -> None:
    for name, condition in conditions.items():
        op.drop_constraint(op.f(f"ck_{table}_{name}"), table, schema=SCHEMA)
        op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, condition, schema=SCHEMA)


def _amount(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), server_default=sa.text("0"), nullable=False)


def _instant(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)


def _subject() -> tuple[sa.Column[str], sa.Column[object]]:
    return sa.Column("subject_kind", sa.Text(), nullable=False), sa.Column("subject_id", sa.Uuid(), nullable=False)


def _account(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_workspace_id")
    return sa.ForeignKeyConstraint(["workspace_id"], ["billing.accounts.workspace_id"], name=name)


def _of(target: str, *columns: str, name: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(list(columns), [f"billing.{target}.{column}" for column in columns], name=op.f(name))


def _refuse_changes(table: str) -> None:
    """What was written stays: no update, delete or truncate, by anybody."""
    op.execute(
        f"""
        CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON billing.{table}
            FOR EACH STATEMENT EXECUTE FUNCTION billing.refuse_change()
        """
    )
