"""Which product each row is offered, and why."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

SCHEMA = "ingest"


def upgrade() -> None:
    op.add_column("results", sa.Column("product", postgresql.JSONB(), nullable=True), schema=SCHEMA)
    op.create_index(
        "ix_results_with_product",
        "results",
        ["job_id"],
        schema=SCHEMA,
        postgresql_where=sa.text("product IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_results_with_product", table_name="results", schema=SCHEMA)
    op.drop_column("results", "product", schema=SCHEMA)
