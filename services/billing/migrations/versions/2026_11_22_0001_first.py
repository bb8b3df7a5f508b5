"""The first schema: accounts, grants, holds, captures, append-only entries, and version 1 of the price list."""

import sqlalchemy as sa
from alembic import op

from libs.common.migrations import create_common_tables, drop_common_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SCHEMA = "billing"
_OURS = ("price_lists", "entries", "captures", "hold_grants", "holds", "grants", "accounts")


def upgrade() -> None:
    create_common_tables(SCHEMA)
    _create_accounts()
    _create_grants()
    _create_holds()
    _create_shares_and_captures()
    _create_entries()
    _create_price_lists()
    _refuse_changes("entries")
    _refuse_changes("captures")
    _check_sums_at_commit()


def downgrade() -> None:
    for table in _OURS:
        op.drop_table(table, schema=SCHEMA)
    op.execute("DROP FUNCTION billing.refuse_change()")
    op.execute("DROP FUNCTION billing.check_transaction_sum()")
    drop_common_tables(SCHEMA)


def _amount(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), server_default=sa.text("0"), nullable=False)


def _instant(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True))


def _created_at() -> sa.Column[object]:
    return sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)


def _none_negative(table: str, *columns: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(
        " AND ".join(f"{column} >= 0" for column in columns), name=op.f(f"ck_{table}_none_negative")
    )


def _workspace_id(table: str) -> tuple[sa.Column[object], sa.ForeignKeyConstraint]:
    name = op.f(f"fk_{table}_workspace_id")
    return (
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["billing.accounts.workspace_id"], name=name),
    )


def _subject() -> tuple[sa.Column[str], sa.Column[object]]:
    return sa.Column("subject_kind", sa.Text(), nullable=False), sa.Column("subject_id", sa.Uuid(), nullable=False)


def _hold(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["subject_kind", "subject_id"],
        ["billing.holds.subject_kind", "billing.holds.subject_id"],
        name=f"fk_{table}_hold",
    )


def _create_accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        _amount("available"),
        _amount("held"),
        _amount("settling"),
        _amount("spent"),
        _amount("owed"),
        _amount("version"),
        _created_at(),
        sa.PrimaryKeyConstraint("workspace_id", name=op.f("pk_accounts")),
        _none_negative("accounts", "available", "held", "settling", "spent", "owed"),
        schema=SCHEMA,
    )


def _create_grants() -> None:
    op.create_table(
        "grants",
        sa.Column("id", sa.Uuid(), nullable=False),
        *_workspace_id("grants"),
        sa.Column("business_key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        _instant("expires_at"),
        _instant("expired_at"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        _amount("available"),
        _amount("held"),
        _amount("captured"),
        _amount("refunded"),
        _amount("expired"),
        _amount("clawed_back"),
        _created_at(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grants")),
        sa.UniqueConstraint("workspace_id", "business_key", name=op.f("uq_grants_workspace_id_business_key")),
        sa.CheckConstraint("kind IN ('plan', 'purchased', 'promotional', 'adjustment')", name=op.f("ck_grants_kind")),
        sa.CheckConstraint("size > 0", name=op.f("ck_grants_size")),
        sa.CheckConstraint(
            "size = available + held + (captured - refunded) + expired + clawed_back AND refunded <= captured",
            name=op.f("ck_grants_whole"),
        ),
        _none_negative("grants", "available", "held", "captured", "refunded", "expired", "clawed_back"),
        schema=SCHEMA,
    )
    op.create_index(
        "ix_grants_open",
        "grants",
        ["workspace_id"],
        schema=SCHEMA,
        postgresql_where=sa.text("available > 0 OR held > 0"),
    )
    op.create_index("ix_grants_due", "grants", ["expires_at"], schema=SCHEMA, postgresql_where=sa.text("available > 0"))


def _create_holds() -> None:
    op.create_table(
        "holds",
        *_subject(),
        *_workspace_id("holds"),
        sa.Column("state", sa.Text(), nullable=False),
        _amount("needed"),
        _amount("held"),
        _amount("captured"),
        sa.Column("credits_total", sa.BigInteger()),
        sa.Column("price_version", sa.Integer()),
        sa.Column("declined_available", sa.BigInteger()),
        _instant("settled_at"),
        sa.Column("last_heard_at", sa.DateTime(timezone=True), nullable=False),
        _instant("questioned_at"),
        sa.Column("questions", sa.Integer(), server_default=sa.text("0"), nullable=False),
        _created_at(),
        sa.PrimaryKeyConstraint("subject_kind", "subject_id", name=op.f("pk_holds")),
        sa.CheckConstraint("subject_kind IN ('job')", name=op.f("ck_holds_subject_kind")),
        sa.CheckConstraint(
            "state IN ('held', 'declined', 'settling', 'closed', 'tombstone')", name=op.f("ck_holds_state")
        ),
        sa.CheckConstraint("held = 0 OR state IN ('held', 'settling')", name=op.f("ck_holds_open")),
        sa.CheckConstraint("captured <= coalesce(credits_total, needed)", name=op.f("ck_holds_captured")),
        _none_negative("holds", "needed", "held", "captured", "credits_total"),
        schema=SCHEMA,
    )
    op.create_index("ix_holds_workspace_id", "holds", ["workspace_id"], schema=SCHEMA)
    op.create_index(
        "ix_holds_open",
        "holds",
        ["last_heard_at"],
        schema=SCHEMA,
        postgresql_where=sa.text("state IN ('held', 'settling')"),
    )


def _create_shares_and_captures() -> None:
    op.create_table(
        "hold_grants",
        *_subject(),
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        _amount("held"),
        _amount("captured"),
        _amount("refunded"),
        sa.PrimaryKeyConstraint("subject_kind", "subject_id", "grant_id", name=op.f("pk_hold_grants")),
        sa.ForeignKeyConstraint(["grant_id"], ["billing.grants.id"], name=op.f("fk_hold_grants_grant_id")),
        _hold("hold_grants"),
        sa.CheckConstraint("refunded <= captured", name=op.f("ck_hold_grants_refunded")),
        _none_negative("hold_grants", "held", "captured", "refunded"),
        schema=SCHEMA,
    )
    op.create_table(
        "captures",
        *_subject(),
        sa.Column("chunk_no", sa.Integer(), nullable=False),
        sa.Column("credits", sa.BigInteger(), nullable=False),
        _created_at(),
        sa.PrimaryKeyConstraint("subject_kind", "subject_id", "chunk_no", name=op.f("pk_captures")),
        _hold("captures"),
        _none_negative("captures", "credits"),
        schema=SCHEMA,
    )


def _create_entries() -> None:
    op.create_table(
        "entries",
        sa.Column("transaction_id", sa.Uuid(), nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=False),
        *_workspace_id("entries"),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("business_key", sa.Text(), nullable=False),
        sa.Column("account_kind", sa.Text(), nullable=False),
        sa.Column("grant_id", sa.Uuid()),
        sa.Column("amount_credits", sa.BigInteger(), nullable=False),
        sa.Column("subject_kind", sa.Text()),
        sa.Column("subject_id", sa.Uuid()),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        _created_at(),
        sa.PrimaryKeyConstraint("transaction_id", "line_no", name=op.f("pk_entries")),
        sa.UniqueConstraint(
            "workspace_id", "business_key", "line_no", name=op.f("uq_entries_workspace_id_business_key_line_no")
        ),
        sa.ForeignKeyConstraint(["grant_id"], ["billing.grants.id"], name=op.f("fk_entries_grant_id")),
        sa.CheckConstraint("amount_credits <> 0", name=op.f("ck_entries_amount")),
        sa.CheckConstraint("line_no > 0", name=op.f("ck_entries_line_no")),
        schema=SCHEMA,
    )
    op.create_index("ix_entries_page", "entries", ["workspace_id", "transaction_id"], schema=SCHEMA)
    op.create_index("ix_entries_subject", "entries", ["workspace_id", "subject_id", "transaction_id"], schema=SCHEMA)


def _create_price_lists() -> None:
    prices = op.create_table(
        "price_lists",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("credits_per_row", sa.BigInteger(), nullable=False),
        _created_at(),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_price_lists")),
        sa.CheckConstraint("version > 0", name=op.f("ck_price_lists_version")),
        _none_negative("price_lists", "credits_per_row"),
        schema=SCHEMA,
    )
    op.bulk_insert(prices, [{"version": 1, "credits_per_row": 1}])


def _refuse_changes(table: str) -> None:
    """What was written stays: no update, delete or truncate, by anybody."""
    op.execute(
        """
        CREATE OR REPLACE FUNCTION billing.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% on billing.% is refused: it is append-only', TG_OP, TG_TABLE_NAME
                USING ERRCODE = 'restrict_violation';
        END $$
        """
    )
    op.execute(
        f"""
        CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON billing.{table}
            FOR EACH STATEMENT EXECUTE FUNCTION billing.refuse_change()
        """
    )


def _check_sums_at_commit() -> None:
    op.execute(
        """
        CREATE FUNCTION billing.check_transaction_sum() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            total numeric := (SELECT sum(amount_credits) FROM billing.entries WHERE transaction_id = NEW.transaction_id);
        BEGIN
            IF total <> 0 THEN
                RAISE EXCEPTION 'the entries of transaction % (%) sum to %', NEW.transaction_id, NEW.business_key, total
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        """
        CREATE CONSTRAINT TRIGGER entries_sum_to_zero AFTER INSERT ON billing.entries
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION billing.check_transaction_sum()
        """
    )
