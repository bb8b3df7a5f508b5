"""Users, workspaces, memberships, live events."""

import sqlalchemy as sa
from alembic import op

from libs.common.migrations import create_common_tables, drop_common_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_NOW = sa.text("now()")


def upgrade() -> None:
    create_common_tables("gateway")
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("email", name="uq_users_email"),
        schema="gateway",
    )
    op.create_table(
        "workspaces",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_workspaces"),
        schema="gateway",
    )
    op.create_table(
        "memberships",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["gateway.users.id"], name="fk_memberships_user_id"),
        sa.ForeignKeyConstraint(["workspace_id"], ["gateway.workspaces.id"], name="fk_memberships_workspace_id"),
        sa.PrimaryKeyConstraint("user_id", "workspace_id", name="pk_memberships"),
        schema="gateway",
    )
    op.create_index("ix_memberships_workspace_id", "memberships", ["workspace_id"], schema="gateway")
    op.create_table(
        "live_events",
        sa.Column("seq", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid()),
        sa.Column("correlation_id", sa.Uuid()),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_live_events"),
        sa.UniqueConstraint("event_id", name="uq_live_events_event_id"),
        schema="gateway",
    )
    op.create_index("ix_live_events_tenant_id_seq", "live_events", ["tenant_id", "seq"], schema="gateway")
    op.create_index("ix_live_events_recorded_at", "live_events", ["recorded_at"], schema="gateway")


def downgrade() -> None:
    for table in ("live_events", "memberships", "workspaces", "users"):
        op.drop_table(table, schema="gateway")
    drop_common_tables("gateway")
