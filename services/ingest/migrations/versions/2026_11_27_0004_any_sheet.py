"""Uploads that come in pieces, how they were told to be read, what is wrong in them, and whose leads they are."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _widen_uploads()
    op.create_index(
        "ix_upload_chunks_upload_id_first_row_no", "upload_chunks", ["upload_id", "first_row_no"], schema="ingest"
    )
    _create_upload_parts()
    _create_upload_problems()
    _create_lead_keys()
    _create_mapping_memories()


def _widen_uploads() -> None:
    for column in (
        sa.Column("source", sa.Text, nullable=False, server_default=sa.text("'file'")),
        sa.Column("received_bytes", sa.BigInteger),
        sa.Column("options", postgresql.JSONB, nullable=False, server_default=sa.text("'{}'")),
        sa.Column("reading_no", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("sheets", postgresql.JSONB),
        sa.Column("expires_at", sa.DateTime(timezone=True)),
        sa.Column("check_no", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("checked_no", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("findings", postgresql.JSONB),
        sa.Column("suggested_by", postgresql.JSONB),
    ):
        op.add_column("uploads", column, schema="ingest")
    op.execute("UPDATE ingest.uploads SET received_bytes = size_bytes")
    op.alter_column("uploads", "received_bytes", nullable=False, schema="ingest")
    op.alter_column("uploads", "sha256", nullable=True, schema="ingest")
    op.drop_constraint(op.f("ck_uploads_state_known"), "uploads", schema="ingest")
    for name, condition in {
        "source_known": "source IN ('file', 'paste', 'apollo')",
        "state_known": "state IN ('receiving', 'reading', 'ready', 'refused')",
        "received_is_hashed": "(state = 'receiving') = (sha256 IS NULL)",
        "not_more_than_was_announced": "received_bytes BETWEEN 0 AND size_bytes",
        "checked_what_was_mapped": "checked_no <= check_no",
    }.items():
        op.create_check_constraint(op.f(f"ck_uploads_{name}"), "uploads", condition, schema="ingest")
    receiving = sa.text("state = 'receiving'")
    op.create_index("ix_uploads_expires_at", "uploads", ["expires_at"], schema="ingest", postgresql_where=receiving)


def _create_upload_parts() -> None:
    op.create_table(
        "upload_parts",
        sa.Column("upload_id", sa.Uuid, nullable=False),
        sa.Column("byte_offset", sa.BigInteger, nullable=False),
        sa.Column("byte_length", sa.BigInteger, nullable=False),
        sa.Column("storage_key", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("upload_id", "byte_offset", name=op.f("pk_upload_parts")),
        sa.CheckConstraint("byte_offset >= 0 AND byte_length > 0", name=op.f("ck_upload_parts_parts_have_bytes")),
        _of_upload("upload_parts"),
        schema="ingest",
    )


def _create_upload_problems() -> None:
    op.create_table(
        "upload_problems",
        sa.Column("upload_id", sa.Uuid, nullable=False),
        sa.Column("row_no", sa.Integer, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("column_index", sa.Integer, nullable=False),
        sa.Column("value", sa.Text),
        sa.Column("detail", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("upload_id", "row_no", "code", "column_index", name=op.f("pk_upload_problems")),
        _of_upload("upload_problems"),
        schema="ingest",
    )


def _create_lead_keys() -> None:
    op.create_table(
        "lead_keys",
        sa.Column("upload_id", sa.Uuid, nullable=False),
        sa.Column("row_no", sa.Integer, nullable=False),
        sa.Column("workspace_id", sa.Uuid, nullable=False),
        sa.Column("key_hash", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("upload_id", "row_no", name=op.f("pk_lead_keys")),
        _of_upload("lead_keys"),
        schema="ingest",
    )
    op.create_index("ix_lead_keys_workspace_id_key_hash", "lead_keys", ["workspace_id", "key_hash"], schema="ingest")


def _of_upload(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["upload_id"], ["ingest.uploads.id"], name=op.f(f"fk_{table}_upload_id_uploads"), ondelete="CASCADE"
    )


def _create_mapping_memories() -> None:
    op.create_table(
        "mapping_memories",
        sa.Column("workspace_id", sa.Uuid, nullable=False),
        sa.Column("header", sa.Text, nullable=False),
        sa.Column("role", sa.Text),
        sa.Column("remembered_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")),
        sa.PrimaryKeyConstraint("workspace_id", "header", name=op.f("pk_mapping_memories")),
        schema="ingest",
    )


def downgrade() -> None:
    op.drop_index("ix_upload_chunks_upload_id_first_row_no", "upload_chunks", schema="ingest")
    for table in ("mapping_memories", "lead_keys", "upload_problems", "upload_parts"):
        op.drop_table(table, schema="ingest")
    op.execute("DELETE FROM ingest.uploads WHERE state = 'receiving'")
    op.drop_index("ix_uploads_expires_at", "uploads", schema="ingest")
    for name in (
        "source_known",
        "state_known",
        "received_is_hashed",
        "not_more_than_was_announced",
        "checked_what_was_mapped",
    ):
        op.drop_constraint(op.f(f"ck_uploads_{name}"), "uploads", schema="ingest")
    op.create_check_constraint(
        op.f("ck_uploads_state_known"), "uploads", "state IN ('reading', 'ready', 'refused')", schema="ingest"
    )
    op.alter_column("uploads", "sha256", nullable=False, schema="ingest")
    for name in (
        "suggested_by",
        "findings",
        "checked_no",
        "check_no",
        "expires_at",
        "sheets",
        "reading_no",
        "options",
        "received_bytes",
        "source",
    ):
        op.drop_column("uploads", name, schema="ingest")
