"""Lists that are sent as they are."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

SCHEMA = "ingest"


def upgrade() -> None:
    op.create_table(
        "plain_lists",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("upload_id", sa.Uuid(), nullable=True),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("request_fingerprint", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("mapping", JSONB(), nullable=False),
        sa.Column("sandboxed", sa.Boolean(), nullable=False),
        sa.Column("rows_total", sa.Integer(), nullable=False),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("parts_published", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("parts_published <= parts", name=op.f("ck_plain_lists_no_part_beyond_the_last")),
        sa.ForeignKeyConstraint(
            ["upload_id"], ["ingest.uploads.id"], name=op.f("fk_plain_lists_upload_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plain_lists")),
        sa.UniqueConstraint(
            "workspace_id", "idempotency_key", name=op.f("uq_plain_lists_workspace_id_idempotency_key")
        ),
        schema=SCHEMA,
    )
    op.create_index("ix_plain_lists_upload_id", "plain_lists", ["upload_id"], schema=SCHEMA)
    op.create_index(
        "ix_plain_lists_unpublished",
        "plain_lists",
        ["id"],
        schema=SCHEMA,
        postgresql_where=sa.text("parts_published < parts"),
    )


def downgrade() -> None:
    op.drop_table("plain_lists", schema=SCHEMA)
