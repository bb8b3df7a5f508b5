"""Deleted workspaces."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "deleted_workspaces",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("erased", JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True)),
        sa.Column("looked_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("workspace_id", name=op.f("pk_deleted_workspaces")),
        schema="ingest",
    )
    op.create_index(op.f("ix_deleted_workspaces_deleted_at"), "deleted_workspaces", ["deleted_at"], schema="ingest")


def downgrade() -> None:
    op.drop_table("deleted_workspaces", schema="ingest")
