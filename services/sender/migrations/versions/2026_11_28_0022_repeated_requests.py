"""Requests by their idempotency keys."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "repeated_requests",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer()),
        sa.Column("body", sa.JSON()),
        sa.Column("headers", sa.JSON()),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "operation", "key", name=op.f("pk_repeated_requests")),
        schema="sender",
    )
    op.create_index(op.f("ix_repeated_requests_made_at"), "repeated_requests", ["made_at"], schema="sender")


def downgrade() -> None:
    op.drop_table("repeated_requests", schema="sender")
