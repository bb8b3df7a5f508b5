"""What is written for every hold costs less: sums are checked once per statement, and a grant's change moves no index entry."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

SCHEMA = "billing"
_OPEN = "available > 0 OR held > 0"
_FILL = {"accounts": 50, "grants": 70}


def upgrade() -> None:
    _check_sums_per_statement()
    op.add_column(
        "grants", sa.Column("is_open", sa.Boolean(), sa.Computed(_OPEN, persisted=True), nullable=False), schema=SCHEMA
    )
    _find_grants(open_="is_open", due="is_open")
    # An update finds room on the page of its row, and then touches no index.
    for table, percent in _FILL.items():
        op.execute(f"ALTER TABLE billing.{table} SET (fillfactor = {percent})")


def downgrade() -> None:
    for table in _FILL:
        op.execute(f"ALTER TABLE billing.{table} RESET (fillfactor)")
    _find_grants(open_=_OPEN, due="available > 0")
    op.drop_column("grants", "is_open", schema=SCHEMA)
    _check_sums_at_commit()


def _find_grants(*, open_: str, due: str) -> None:
    for name, column, where in (("open", "workspace_id", open_), ("due", "expires_at", due)):
        op.drop_index(f"ix_grants_{name}", "grants", schema=SCHEMA)
        op.create_index(f"ix_grants_{name}", "grants", [column], schema=SCHEMA, postgresql_where=sa.text(where))


def _check_sums_per_statement() -> None:
    """All lines of a transaction are written by one statement."""
    op.execute("DROP TRIGGER entries_sum_to_zero ON billing.entries")
    op.execute("DROP FUNCTION billing.check_transaction_sum()")
    op.execute(
        """
        CREATE FUNCTION billing.check_transaction_sums() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            off record;
        BEGIN
            SELECT transaction_id, min(business_key) AS business_key, sum(amount_credits) AS total INTO off
            FROM written GROUP BY transaction_id HAVING sum(amount_credits) <> 0 LIMIT 1;
            IF FOUND THEN
                RAISE EXCEPTION 'the entries of transaction % (%) sum to %', off.transaction_id, off.business_key, off.total
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        """
        CREATE TRIGGER entries_sum_to_zero AFTER INSERT ON billing.entries REFERENCING NEW TABLE AS written
            FOR EACH STATEMENT EXECUTE FUNCTION billing.check_transaction_sums()
        """
    )


def _check_sums_at_commit() -> None:
    op.execute("DROP TRIGGER entries_sum_to_zero ON billing.entries")
    op.execute("DROP FUNCTION billing.check_transaction_sums()")
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
