"""Suppression with scope, proof and undo; unsubscribing."""

import secrets

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

SCHEMA = "sender"
_REASONS = "reason IN ('unsubscribed', 'bounced', 'complained', 'asked', 'imported', 'erased')"


def upgrade() -> None:
    _widen()
    _create_changes()
    op.create_table(
        "unsubscribe_keys",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("key", sa.LargeBinary, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unsubscribe_keys")),
        schema=SCHEMA,
    )
    key = sa.text("INSERT INTO sender.unsubscribe_keys (id, key) VALUES (1, :key)")
    op.execute(key.bindparams(key=secrets.token_bytes(64)))


def _widen() -> None:
    made = sa.Column("id", sa.Uuid, nullable=False, server_default=sa.text("gen_random_uuid()"))
    op.add_column("suppressions", made, schema=SCHEMA)
    op.drop_constraint(op.f("pk_suppressions"), "suppressions", schema=SCHEMA)
    op.create_primary_key(op.f("pk_suppressions"), "suppressions", ["id"], schema=SCHEMA)
    op.alter_column("suppressions", "workspace_id", nullable=True, schema=SCHEMA)
    note = sa.Column("note", sa.Text, nullable=False, server_default=sa.text("''"))
    proof = sa.Column("proof", JSONB, nullable=False, server_default=sa.text("'{}'"))
    for column in (note, proof, sa.Column("made_by", sa.Uuid)):
        op.add_column("suppressions", column, schema=SCHEMA)
    op.execute("UPDATE sender.suppressions SET note = reason, reason = 'asked'")
    op.create_check_constraint(op.f("ck_suppressions_reason_known"), "suppressions", _REASONS, schema=SCHEMA)
    op.create_unique_constraint(
        op.f("uq_suppressions_email_workspace_id"),
        "suppressions",
        ["email", "workspace_id"],
        schema=SCHEMA,
        postgresql_nulls_not_distinct=True,
    )
    op.create_index("ix_suppressions_workspace_id_email", "suppressions", ["workspace_id", "email"], schema=SCHEMA)


def _create_changes() -> None:
    op.create_table(
        "suppression_changes",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("workspace_id", sa.Uuid),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("change", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False, server_default=sa.text("''")),
        sa.Column("proof", JSONB, nullable=False, server_default=sa.text("'{}'")),
        sa.Column("made_by", sa.Uuid),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppression_changes")),
        sa.CheckConstraint("change IN ('suppressed', 'lifted')", name=op.f("ck_suppression_changes_change_known")),
        sa.CheckConstraint(_REASONS, name=op.f("ck_suppression_changes_reason_known")),
        schema=SCHEMA,
    )
    op.create_index("ix_suppression_changes_email", "suppression_changes", ["email", "workspace_id"], schema=SCHEMA)
    op.execute(
        "INSERT INTO sender.suppression_changes (workspace_id, email, change, reason, note, created_at)"
        " SELECT workspace_id, email, 'suppressed', reason, note, created_at FROM sender.suppressions"
    )
    op.execute(
        """
        CREATE FUNCTION sender.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% on sender.% is refused: it is append-only', TG_OP, TG_TABLE_NAME
                USING ERRCODE = 'restrict_violation';
        END $$
        """
    )
    op.execute(
        """
        CREATE TRIGGER suppression_changes_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON sender.suppression_changes
            FOR EACH STATEMENT EXECUTE FUNCTION sender.refuse_change()
        """
    )


def downgrade() -> None:
    op.drop_table("unsubscribe_keys", schema=SCHEMA)
    op.drop_table("suppression_changes", schema=SCHEMA)
    op.execute("DROP FUNCTION sender.refuse_change()")
    op.execute("DELETE FROM sender.suppressions WHERE workspace_id IS NULL")
    op.drop_index("ix_suppressions_workspace_id_email", table_name="suppressions", schema=SCHEMA)
    op.drop_constraint(op.f("uq_suppressions_email_workspace_id"), "suppressions", schema=SCHEMA)
    op.drop_constraint(op.f("ck_suppressions_reason_known"), "suppressions", schema=SCHEMA)
    op.drop_constraint(op.f("pk_suppressions"), "suppressions", schema=SCHEMA)
    for name in ("id", "note", "proof", "made_by"):
        op.drop_column("suppressions", name, schema=SCHEMA)
    op.alter_column("suppressions", "workspace_id", nullable=False, schema=SCHEMA)
    op.create_primary_key(op.f("pk_suppressions"), "suppressions", ["workspace_id", "email"], schema=SCHEMA)
