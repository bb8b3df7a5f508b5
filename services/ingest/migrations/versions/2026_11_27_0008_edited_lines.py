"""Lines that a person has edited or approved."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("line_edits", "line_edits_merged"):
        op.add_column("jobs", sa.Column(name, sa.Integer, nullable=False, server_default=sa.text("0")), schema="ingest")
    op.create_table(
        "line_reviews",
        sa.Column("job_id", sa.Uuid, nullable=False),
        sa.Column("row_no", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("line", sa.Text),
        sa.Column("edited_by", sa.Uuid),
        sa.Column("edited_at", sa.DateTime(timezone=True)),
        sa.Column("approved_by", sa.Uuid),
        sa.Column("approved_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("job_id", "row_no", name=op.f("pk_line_reviews")),
        sa.ForeignKeyConstraint(
            ["job_id"], ["ingest.jobs.id"], name=op.f("fk_line_reviews_job_id_jobs"), ondelete="CASCADE"
        ),
        sa.CheckConstraint("version >= 1", name=op.f("ck_line_reviews_versions_begin_at_one")),
        sa.CheckConstraint(
            "(edited_at IS NULL) = (edited_by IS NULL)", name=op.f("ck_line_reviews_an_edit_has_a_person")
        ),
        sa.CheckConstraint(
            "(approved_at IS NULL) = (approved_by IS NULL)", name=op.f("ck_line_reviews_an_approval_has_a_person")
        ),
        schema="ingest",
    )
    op.create_index(
        "ix_line_reviews_approved",
        "line_reviews",
        ["job_id", "row_no"],
        schema="ingest",
        postgresql_where=sa.text("approved_at IS NOT NULL"),
    )
    op.create_table(
        "line_review_log",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("job_id", sa.Uuid, nullable=False),
        sa.Column("row_no", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("line", sa.Text, nullable=False),
        sa.Column("approved", sa.Boolean, nullable=False),
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_line_review_log")),
        sa.UniqueConstraint("job_id", "row_no", "version", name=op.f("uq_line_review_log_job_id_row_no_version")),
        sa.ForeignKeyConstraint(
            ["job_id"], ["ingest.jobs.id"], name=op.f("fk_line_review_log_job_id_jobs"), ondelete="CASCADE"
        ),
        schema="ingest",
    )


def downgrade() -> None:
    op.drop_table("line_review_log", schema="ingest")
    op.drop_table("line_reviews", schema="ingest")
    for name in ("line_edits", "line_edits_merged"):
        op.drop_column("jobs", name, schema="ingest")
