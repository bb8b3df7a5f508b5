"""Erased leads: who is to be erased, and which rows are empty because of it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_NOW = sa.text("now()")


def upgrade() -> None:
    op.add_column("uploads", sa.Column("original_erased_at", sa.DateTime(timezone=True)), schema="ingest")
    op.create_table(
        "erasures",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text()),
        sa.Column("after_upload_id", sa.Uuid()),
        sa.Column("erased", JSONB(), nullable=False, server_default=sa.text("'{}'")),
        sa.Column("asked_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
        sa.CheckConstraint("(email IS NULL) = (done_at IS NOT NULL)", name=op.f("ck_erasures_done_forgets")),
        schema="ingest",
    )
    op.create_index(
        "ix_erasures_open", "erasures", ["id"], schema="ingest", postgresql_where=sa.text("done_at IS NULL")
    )
    op.create_table(
        "erased_rows",
        sa.Column("upload_id", sa.Uuid(), nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.Column("erasure_id", sa.Uuid(), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["upload_id"], ["ingest.uploads.id"], name=op.f("fk_erased_rows_upload_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("upload_id", "row_no", name=op.f("pk_erased_rows")),
        schema="ingest",
    )
    op.create_index("ix_erased_rows_erasure_id", "erased_rows", ["erasure_id"], schema="ingest")


def downgrade() -> None:
    op.drop_table("erased_rows", schema="ingest")
    op.drop_table("erasures", schema="ingest")
    op.drop_column("uploads", "original_erased_at", schema="ingest")
