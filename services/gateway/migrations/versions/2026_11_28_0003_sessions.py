"""Sessions of users, users that Supabase vouches for, and what is mailed to prove an address."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_NOW = sa.text("now()")


def upgrade() -> None:
    _change_users()
    _create_sessions()
    _create_mailed()
    op.create_table(
        "attempts",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("full_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_attempts")),
        schema="gateway",
        prefixes=["UNLOGGED"],
    )
    op.create_index("ix_attempts_full_at", "attempts", ["full_at"], schema="gateway")


def downgrade() -> None:
    for table in ("attempts", "mail_requests", "mailed_tokens", "refresh_tokens", "sessions"):
        op.drop_table(table, schema="gateway")
    op.drop_index("uq_users_own_email", "users", schema="gateway")
    for column in ("welcomed_at", "email_proved_at", "words"):
        op.drop_column("users", column, schema="gateway")
    op.alter_column("users", "password_hash", nullable=False, schema="gateway")
    op.create_unique_constraint("uq_users_email", "users", ["email"], schema="gateway")


def _change_users() -> None:
    """Whoever is there has a workspace. Nobody has proved an address."""
    op.alter_column("users", "password_hash", nullable=True, schema="gateway")
    op.add_column(
        "users", sa.Column("words", JSONB(), nullable=False, server_default=sa.text("'{}'")), schema="gateway"
    )
    for column in ("email_proved_at", "welcomed_at"):
        op.add_column("users", sa.Column(column, sa.DateTime(timezone=True)), schema="gateway")
    op.execute("UPDATE gateway.users SET welcomed_at = created_at")
    op.drop_constraint("uq_users_email", "users", schema="gateway")
    op.create_index(
        "uq_users_own_email",
        "users",
        ["email"],
        unique=True,
        schema="gateway",
        postgresql_where=sa.text("password_hash IS NOT NULL"),
    )


def _create_sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.Column("refreshed_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(
            ["user_id"], ["gateway.users.id"], name=op.f("fk_sessions_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        schema="gateway",
    )
    op.create_table(
        "refresh_tokens",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(
            ["session_id"], ["gateway.sessions.id"], name=op.f("fk_refresh_tokens_session_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_refresh_tokens")),
        schema="gateway",
    )
    op.create_index("ix_sessions_user_id", "sessions", ["user_id"], schema="gateway")
    op.create_index("ix_sessions_refreshed_at", "sessions", ["refreshed_at"], schema="gateway")
    op.create_index("ix_refresh_tokens_session_id", "refresh_tokens", ["session_id"], schema="gateway")


def _create_mailed() -> None:
    op.create_table(
        "mailed_tokens",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["gateway.users.id"], name=op.f("fk_mailed_tokens_user_id"), ondelete="CASCADE"
        ),
        sa.CheckConstraint("kind IN ('recovery', 'signup')", name=op.f("ck_mailed_tokens_kind")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_mailed_tokens")),
        schema="gateway",
    )
    op.create_index("ix_mailed_tokens_user_id", "mailed_tokens", ["user_id"], schema="gateway")
    op.create_index("ix_mailed_tokens_expires_at", "mailed_tokens", ["expires_at"], schema="gateway")
    op.create_table(
        "mail_requests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.CheckConstraint("kind IN ('recovery', 'signup')", name=op.f("ck_mail_requests_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_requests")),
        schema="gateway",
    )
