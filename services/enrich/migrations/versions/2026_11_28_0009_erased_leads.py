"""Erased leads: which rows are forgotten."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "erasures",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("parts_seen", ARRAY(sa.Integer()), nullable=False, server_default=sa.text("'{}'")),
        sa.Column("checkpoints", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
        schema="enrich",
    )
    op.create_table(
        "erased_rows",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("job_id", "row_no", name=op.f("pk_erased_rows")),
        schema="enrich",
    )
    op.create_index("ix_erased_rows_heard_at", "erased_rows", ["heard_at"], schema="enrich")


def downgrade() -> None:
    op.drop_table("erased_rows", schema="enrich")
    op.drop_table("erasures", schema="enrich")
