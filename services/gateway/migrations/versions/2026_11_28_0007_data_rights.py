"""Deleted workspaces."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0007"
down_revision = "0006"
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
        schema="gateway",
    )
    op.create_index(op.f("ix_deleted_workspaces_deleted_at"), "deleted_workspaces", ["deleted_at"], schema="gateway")
    op.create_table(
        "deletions",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("deleted_by", sa.Uuid(), nullable=False),
        sa.Column("notify", sa.Text()),
        sa.Column("deleted_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("workspace_id", name=op.f("pk_deletions")),
        sa.CheckConstraint("(notify IS NULL) = (done_at IS NOT NULL)", name=op.f("ck_deletions_done_forgets")),
        schema="gateway",
    )
    op.create_index(
        "ix_deletions_open", "deletions", ["deleted_at"], schema="gateway", postgresql_where=sa.text("done_at IS NULL")
    )
    op.create_table(
        "deletion_answers",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("erased", JSONB(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "service", name=op.f("pk_deletion_answers")),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["gateway.deletions.workspace_id"],
            name=op.f("fk_deletion_answers_workspace_id"),
            ondelete="CASCADE",
        ),
        schema="gateway",
    )


def downgrade() -> None:
    op.drop_table("deletion_answers", schema="gateway")
    op.drop_table("deletions", schema="gateway")
    op.drop_table("deleted_workspaces", schema="gateway")
