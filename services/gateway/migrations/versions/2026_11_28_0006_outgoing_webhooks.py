"""Outgoing webhooks."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_NOW = sa.text("now()")


def _instant(name: str, *, now: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=_NOW if now else None, nullable=not now)


def upgrade() -> None:
    _create_endpoints()
    _create_deliveries()


def downgrade() -> None:
    op.drop_table("webhook_deliveries", schema="gateway")
    op.drop_table("webhook_endpoints", schema="gateway")


def _create_endpoints() -> None:
    op.create_table(
        "webhook_endpoints",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("events", ARRAY(sa.Text()), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False, server_default=sa.text("true")),
        sa.Column("disabled_because", sa.Text()),
        _instant("disabled_at"),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_with", sa.Text(), nullable=False),
        sa.Column("old_secret", sa.LargeBinary()),
        sa.Column("old_sealed_with", sa.Text()),
        _instant("old_until"),
        _instant("failing_since"),
        _instant("created_at", now=True),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["gateway.workspaces.id"],
            name=op.f("fk_webhook_endpoints_workspace_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_endpoints")),
        sa.CheckConstraint(
            "disabled_because IN ('person', 'gone', 'failing')", name=op.f("ck_webhook_endpoints_disabled_because")
        ),
        sa.CheckConstraint(
            "enabled = (disabled_at IS NULL) AND enabled = (disabled_because IS NULL)",
            name=op.f("ck_webhook_endpoints_disabled"),
        ),
        schema="gateway",
    )
    op.create_index(
        "ix_webhook_endpoints_workspace_id_id", "webhook_endpoints", ["workspace_id", "id"], schema="gateway"
    )


def _create_deliveries() -> None:
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("endpoint_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("event_type", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False, server_default=sa.text("'waiting'")),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default=sa.text("0")),
        _instant("due_at", now=True),
        sa.Column("lease", sa.Uuid()),
        _instant("lease_until"),
        sa.Column("status", sa.Integer()),
        sa.Column("answer", sa.Text()),
        sa.Column("error", sa.Text()),
        _instant("tried_at"),
        _instant("created_at", now=True),
        _instant("ended_at"),
        sa.ForeignKeyConstraint(
            ["endpoint_id"],
            ["gateway.webhook_endpoints.id"],
            name=op.f("fk_webhook_deliveries_endpoint_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_deliveries")),
        sa.UniqueConstraint("endpoint_id", "event_id", name=op.f("uq_webhook_deliveries_endpoint_id_event_id")),
        sa.CheckConstraint(
            "state IN ('waiting', 'sending', 'delivered', 'given_up')", name=op.f("ck_webhook_deliveries_state")
        ),
        schema="gateway",
    )
    for name, columns, where in (
        ("endpoint_id_id", ["endpoint_id", "id"], None),
        ("waiting", ["endpoint_id", "due_at"], "state = 'waiting'"),
        ("sending", ["endpoint_id"], "state = 'sending'"),
        ("ended_at", ["ended_at"], "ended_at IS NOT NULL"),
    ):
        op.create_index(
            f"ix_webhook_deliveries_{name}",
            "webhook_deliveries",
            columns,
            schema="gateway",
            postgresql_where=None if where is None else sa.text(where),
        )
