"""Entitlements as billing tells them, and mail that waits."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


_NOW = sa.text("now()")


def upgrade() -> None:
    op.create_table(
        "entitlements",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("members", sa.Integer()),
        sa.Column("api_requests_per_minute", sa.Integer()),
        sa.PrimaryKeyConstraint("workspace_id", name=op.f("pk_entitlements")),
        schema="gateway",
    )
    op.create_table(
        "request_buckets",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("full_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", name=op.f("pk_request_buckets")),
        schema="gateway",
        prefixes=["UNLOGGED"],
    )
    _create_mails()


def downgrade() -> None:
    for table in ("mails", "request_buckets", "entitlements"):
        op.drop_table(table, schema="gateway")


def _create_mails() -> None:
    op.create_table(
        "mails",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("workspace_id", sa.Uuid()),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("subject", "body_text", "body_html")),
        sa.Column("state", sa.Text(), nullable=False, server_default=sa.text("'queued'")),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("due_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True)),
        sa.Column("reply", sa.Text()),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mails")),
        sa.UniqueConstraint("source", "address", name=op.f("uq_mails_source_address")),
        sa.CheckConstraint(
            "state IN ('queued', 'sending', 'sent', 'refused', 'unknown', 'given_up')", name=op.f("ck_mails_state")
        ),
        schema="gateway",
    )
    for name, column, where in (
        ("ix_mails_due", "due_at", "state = 'queued'"),
        ("ix_mails_sending", "lease_until", "state = 'sending'"),
        ("ix_mails_ended_at", "ended_at", "ended_at IS NOT NULL"),
    ):
        op.create_index(name, "mails", [column], schema="gateway", postgresql_where=sa.text(where))
