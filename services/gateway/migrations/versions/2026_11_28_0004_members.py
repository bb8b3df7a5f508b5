"""Members, invitations, API keys and the audit log."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_NOW = sa.text("now()")


def _instant(name: str, *, now: bool = False, nullable: bool = True) -> sa.Column[object]:
    if now:
        return sa.Column(name, sa.DateTime(timezone=True), server_default=_NOW, nullable=False)
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.add_column(
        "workspaces",
        sa.Column("version", sa.BigInteger(), nullable=False, server_default=sa.text("1")),
        schema="gateway",
    )
    op.create_check_constraint(
        op.f("ck_memberships_role"), "memberships", "role IN ('owner', 'admin', 'member', 'viewer')", schema="gateway"
    )
    op.drop_index("ix_memberships_workspace_id", "memberships", schema="gateway")
    op.create_index("ix_memberships_workspace_id_user_id", "memberships", ["workspace_id", "user_id"], schema="gateway")
    _create_invitations()
    _create_keys()
    _create_audit()


def downgrade() -> None:
    for table in ("audit_entries", "api_keys", "invitations"):
        op.drop_table(table, schema="gateway")
    op.drop_index("ix_memberships_workspace_id_user_id", "memberships", schema="gateway")
    op.create_index("ix_memberships_workspace_id", "memberships", ["workspace_id"], schema="gateway")
    op.drop_constraint(op.f("ck_memberships_role"), "memberships", schema="gateway")
    op.drop_column("workspaces", "version", schema="gateway")


def _create_invitations() -> None:
    op.create_table(
        "invitations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("invited_by", sa.Uuid(), nullable=False),
        _instant("created_at", now=True),
        _instant("expires_at", nullable=False),
        _instant("mailed_at", now=True),
        sa.Column("mails", sa.Integer(), nullable=False, server_default=sa.text("1")),
        _instant("revoked_at"),
        _instant("accepted_at"),
        sa.Column("accepted_by", sa.Uuid()),
        sa.ForeignKeyConstraint(["workspace_id"], ["gateway.workspaces.id"], name=op.f("fk_invitations_workspace_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("digest", name=op.f("uq_invitations_digest")),
        sa.CheckConstraint("role IN ('admin', 'member', 'viewer')", name=op.f("ck_invitations_role")),
        sa.CheckConstraint("revoked_at IS NULL OR accepted_at IS NULL", name=op.f("ck_invitations_one_end")),
        schema="gateway",
    )
    op.create_index(
        "uq_invitations_open",
        "invitations",
        ["workspace_id", "address"],
        unique=True,
        schema="gateway",
        postgresql_where=sa.text("revoked_at IS NULL AND accepted_at IS NULL"),
    )
    op.create_index("ix_invitations_workspace_id_id", "invitations", ["workspace_id", "id"], schema="gateway")


def _create_keys() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("ending", sa.Text(), nullable=False),
        sa.Column("scopes", ARRAY(sa.Text()), nullable=False),
        _instant("created_at", now=True),
        _instant("expires_at"),
        _instant("last_used_at"),
        _instant("revoked_at"),
        sa.ForeignKeyConstraint(["workspace_id"], ["gateway.workspaces.id"], name=op.f("fk_api_keys_workspace_id")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["gateway.users.id"], name=op.f("fk_api_keys_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_keys_digest")),
        schema="gateway",
    )
    op.create_index("ix_api_keys_workspace_id_id", "api_keys", ["workspace_id", "id"], schema="gateway")
    op.create_index("ix_api_keys_user_id", "api_keys", ["user_id"], schema="gateway")


def _create_audit() -> None:
    texts = ("method", "route", "operation")
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Uuid()),
        *(sa.Column(name, sa.Text(), nullable=False) for name in texts),
        sa.Column("subjects", JSONB(), nullable=False, server_default=sa.text("'{}'")),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer()),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("client_address", sa.Text(), nullable=False),
        _instant("at", now=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
        sa.CheckConstraint(
            "outcome IN ('done', 'refused', 'failed', 'unknown')", name=op.f("ck_audit_entries_outcome")
        ),
        schema="gateway",
    )
    op.create_index("ix_audit_entries_workspace_id_id", "audit_entries", ["workspace_id", "id"], schema="gateway")
    op.create_index("ix_audit_entries_at", "audit_entries", ["at"], schema="gateway")
