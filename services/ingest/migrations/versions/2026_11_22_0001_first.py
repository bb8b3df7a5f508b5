"""The common tables; uploads and where their rows lie."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from libs.common.migrations import create_common_tables, drop_common_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_common_tables("ingest")
    _create_uploads()
    _create_upload_chunks()


def _create_uploads() -> None:
    op.create_table(
        "uploads",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("workspace_id", sa.Uuid, nullable=False),
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("filename", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False, server_default=sa.text("'reading'")),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("storage_key", sa.Text, nullable=False),
        sa.Column("kind", sa.Text),
        sa.Column("reading", postgresql.JSONB),
        sa.Column("columns", postgresql.JSONB),
        sa.Column("sample", postgresql.JSONB),
        sa.Column("mapping", postgresql.JSONB),
        sa.Column("row_count", sa.Integer),
        sa.Column("rows_read", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("problem", postgresql.JSONB),
        sa.Column("lease_token", sa.Uuid),
        sa.Column("lease_until", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")),
        sa.Column("read_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
        sa.CheckConstraint("state IN ('reading', 'ready', 'refused')", name=op.f("ck_uploads_state_known")),
        sa.CheckConstraint("(state = 'ready') = (row_count IS NOT NULL)", name=op.f("ck_uploads_ready_is_counted")),
        sa.CheckConstraint("(state = 'refused') = (problem IS NOT NULL)", name=op.f("ck_uploads_refused_says_why")),
        schema="ingest",
    )
    op.create_index("ix_uploads_workspace_id_id", "uploads", ["workspace_id", "id"], schema="ingest")


def _create_upload_chunks() -> None:
    op.create_table(
        "upload_chunks",
        sa.Column("upload_id", sa.Uuid, nullable=False),
        sa.Column("chunk_no", sa.Integer, nullable=False),
        sa.Column("first_row_no", sa.Integer, nullable=False),
        sa.Column("row_count", sa.Integer, nullable=False),
        sa.Column("segment_key", sa.Text, nullable=False),
        sa.Column("byte_offset", sa.BigInteger, nullable=False),
        sa.Column("byte_length", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("upload_id", "chunk_no", name=op.f("pk_upload_chunks")),
        sa.ForeignKeyConstraint(
            ["upload_id"], ["ingest.uploads.id"], name=op.f("fk_upload_chunks_upload_id"), ondelete="CASCADE"
        ),
        sa.CheckConstraint("row_count > 0 AND first_row_no > 0", name=op.f("ck_upload_chunks_rows_counted_from_one")),
        schema="ingest",
    )


def downgrade() -> None:
    op.drop_table("upload_chunks", schema="ingest")
    op.drop_table("uploads", schema="ingest")
    drop_common_tables("ingest")
