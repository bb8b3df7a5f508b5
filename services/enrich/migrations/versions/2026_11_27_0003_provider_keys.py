"""Workspaces' own provider keys, encrypted."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "provider_keys",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_with", sa.Text(), nullable=False),
        sa.Column("last_four", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("set_by", sa.Uuid(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "provider", name="pk_provider_keys"),
        sa.CheckConstraint("provider IN ('serper', 'groq', 'firecrawl')", name="ck_provider_keys_provider"),
        schema="enrich",
    )
    op.create_table(
        "provider_key_changes",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", name="pk_provider_key_changes"),
        schema="enrich",
    )


def downgrade() -> None:
    op.drop_table("provider_key_changes", schema="enrich")
    op.drop_table("provider_keys", schema="enrich")
