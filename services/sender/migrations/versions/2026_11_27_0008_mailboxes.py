"""Mailboxes of a workspace's own, with their secrets; what became of their mail; consents that are being asked for."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_CHECKS = {
    "provider_known": "provider IN ('smtp', 'sandbox', 'sendgrid', 'mailgun', 'instantly')",
    "state_known": "state IN ('active', 'paused')",
    "paused_says_why": "(state = 'paused') = (paused_reason IS NOT NULL)",
    "sealed_names_its_key": "(secrets IS NULL) = (sealed_with IS NULL)",
    "quota_positive": "daily_quota > 0",
    "ramp_whole": "(ramp_from IS NULL) = (ramp_step IS NULL)",
    "ramp_begun": "(ramp_from IS NULL) = (ramp_started IS NULL)",
    "ramp_rises": "ramp_from > 0 AND ramp_step > 0",
}


def _instant(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True))


def _columns() -> list[sa.Column[object]]:
    return [
        sa.Column("provider", sa.Text, nullable=False, server_default=sa.text("'smtp'")),
        sa.Column("name", sa.Text, nullable=False, server_default=sa.text("''")),
        sa.Column("reply_to", sa.Text),
        sa.Column("settings", JSONB, nullable=False, server_default=sa.text("'{}'")),
        sa.Column("secrets", sa.LargeBinary),
        sa.Column("sealed_with", sa.Text),
        sa.Column("version", sa.Integer, nullable=False, server_default=sa.text("1")),
        sa.Column("daily_quota", sa.Integer),
        sa.Column("ramp_from", sa.Integer),
        sa.Column("ramp_step", sa.Integer),
        sa.Column("ramp_started", sa.Date),
        sa.Column("state", sa.Text, nullable=False, server_default=sa.text("'active'")),
        sa.Column("paused_reason", sa.Text),
        sa.Column("paused_detail", sa.Text),
        _instant("paused_at"),
        sa.Column("findings", JSONB),
        _instant("examined_at"),
        sa.Column("idempotency_key", sa.Text),
        sa.Column("asked", sa.Text),
        _instant("deleted_at"),
    ]


def upgrade() -> None:
    for column in _columns():
        op.add_column("mailboxes", column, schema="sender")
    op.execute("UPDATE sender.mailboxes SET provider = 'sandbox' WHERE sandboxed")
    for name, rule in _CHECKS.items():
        op.create_check_constraint(op.f(f"ck_mailboxes_{name}"), "mailboxes", rule, schema="sender")
    _index("address", "workspace_id IS NOT NULL AND deleted_at IS NULL")
    _index("idempotency_key", "idempotency_key IS NOT NULL")
    _create_days()
    _create_consents()


def downgrade() -> None:
    op.drop_table("oauth_consents", schema="sender")
    op.drop_table("mailbox_days", schema="sender")
    op.drop_index(op.f("uq_mailboxes_idempotency_key"), "mailboxes", schema="sender")
    op.drop_index(op.f("uq_mailboxes_address"), "mailboxes", schema="sender")
    for name in _CHECKS:
        op.drop_constraint(op.f(f"ck_mailboxes_{name}"), "mailboxes", schema="sender")
    for column in _columns():
        op.drop_column("mailboxes", column.name, schema="sender")


def _index(column: str, where: str) -> None:
    op.create_index(
        op.f(f"uq_mailboxes_{column}"),
        "mailboxes",
        ["workspace_id", column],
        unique=True,
        schema="sender",
        postgresql_where=sa.text(where),
    )


def _create_days() -> None:
    op.create_table(
        "mailbox_days",
        sa.Column("mailbox_id", sa.Uuid, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("mails", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("bounces", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("complaints", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.PrimaryKeyConstraint("mailbox_id", "day", name=op.f("pk_mailbox_days")),
        sa.ForeignKeyConstraint(
            ["mailbox_id"],
            ["sender.mailboxes.id"],
            name=op.f("fk_mailbox_days_mailbox_id_mailboxes"),
            ondelete="CASCADE",
        ),
        schema="sender",
    )


def _create_consents() -> None:
    op.create_table(
        "oauth_consents",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("workspace_id", sa.Uuid, nullable=False),
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("mailbox_id", sa.Uuid),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False, server_default=sa.text("''")),
        sa.Column("verifier", sa.LargeBinary, nullable=False),
        sa.Column("sealed_with", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oauth_consents")),
        sa.ForeignKeyConstraint(
            ["mailbox_id"],
            ["sender.mailboxes.id"],
            name=op.f("fk_oauth_consents_mailbox_id_mailboxes"),
            ondelete="CASCADE",
        ),
        sa.CheckConstraint("provider IN ('google', 'microsoft')", name=op.f("ck_oauth_consents_provider_known")),
        schema="sender",
    )
    op.create_index(op.f("ix_oauth_consents_expires_at"), "oauth_consents", ["expires_at"], schema="sender")
