"""Pages of companies' websites, shared by domain."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "company_websites",
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("sandboxed", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("whole", sa.Boolean(), nullable=True),
        sa.Column("pages", sa.LargeBinary(), nullable=True),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fresh_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("holder", sa.Uuid(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("domain", "sandboxed", name="pk_company_websites"),
        sa.CheckConstraint("status IN ('read', 'missing', 'refused', 'away')", name="ck_company_websites_status"),
        sa.CheckConstraint(
            "fresh_until IS NULL OR num_nulls(status, reason, whole, pages, fetched_at) = 0",
            name="ck_company_websites_told",
        ),
        schema="enrich",
    )
    op.create_index(
        "ix_company_websites_unused_since",
        "company_websites",
        [sa.text("GREATEST(fresh_until, lease_until)")],
        schema="enrich",
    )


def downgrade() -> None:
    op.drop_table("company_websites", schema="enrich")
