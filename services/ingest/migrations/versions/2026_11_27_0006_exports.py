"""Sheets that somebody asked for beside the finished ones."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "exports",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("workspace_id", sa.Uuid, nullable=False),
        sa.Column("job_id", sa.Uuid, nullable=False),
        sa.Column("format", sa.Text, nullable=False),
        sa.Column("flat", sa.Boolean, nullable=False),
        sa.Column("state", sa.Text, nullable=False, server_default=sa.text("'writing'")),
        sa.Column("standing", sa.Text, nullable=False),
        sa.Column("rows_total", sa.Integer),
        sa.Column("rows_done", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("storage_key", sa.Text, nullable=False),
        sa.Column("size_bytes", sa.BigInteger),
        sa.Column("problem", postgresql.JSONB),
        sa.Column("lease_token", sa.Uuid),
        sa.Column("lease_until", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")),
        sa.Column("ready_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exports")),
        sa.ForeignKeyConstraint(
            ["job_id"], ["ingest.jobs.id"], name=op.f("fk_exports_job_id_jobs"), ondelete="CASCADE"
        ),
        sa.UniqueConstraint(
            "job_id", "format", "flat", "standing", name=op.f("uq_exports_job_id_format_flat_standing")
        ),
        sa.CheckConstraint("format IN ('xlsx', 'csv')", name=op.f("ck_exports_format_known")),
        sa.CheckConstraint("state IN ('writing', 'ready', 'failed')", name=op.f("ck_exports_state_known")),
        sa.CheckConstraint("(state = 'ready') = (size_bytes IS NOT NULL)", name=op.f("ck_exports_ready_has_a_size")),
        sa.CheckConstraint("(state = 'failed') = (problem IS NOT NULL)", name=op.f("ck_exports_failed_says_why")),
        schema="ingest",
    )


def downgrade() -> None:
    op.drop_table("exports", schema="ingest")
