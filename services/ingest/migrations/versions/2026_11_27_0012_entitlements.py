"""What a workspace may do, as billing tells it, what bounded the credits of a job that was declined, what an extra
column costs, and when a job's ceiling was lowered."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "entitlements",
        sa.Column("workspace_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("plan", sa.Text, nullable=False),
        sa.Column("rows_per_job", sa.Integer),
        sa.Column("concurrent_jobs", sa.Integer),
        sa.PrimaryKeyConstraint("workspace_id", name=op.f("pk_entitlements")),
        schema="ingest",
    )
    op.add_column("jobs", sa.Column("credits_bound", sa.Text), schema="ingest")
    round_no = sa.Column("lowered_round", sa.Integer, nullable=False, server_default=sa.text("0"))
    op.add_column("jobs", round_no, schema="ingest")
    column = sa.Column("credits_per_column", sa.Integer, nullable=False, server_default=sa.text("0"))
    op.add_column("price_lists", column, schema="ingest")


def downgrade() -> None:
    op.drop_column("price_lists", "credits_per_column", schema="ingest")
    for name in ("lowered_round", "credits_bound"):
        op.drop_column("jobs", name, schema="ingest")
    op.drop_table("entitlements", schema="ingest")
