"""Entitlements, as billing tells them."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "entitlements",
        sa.Column("workspace_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("plan", sa.Text, nullable=False),
        sa.Column("mailboxes", sa.Integer),
        sa.PrimaryKeyConstraint("workspace_id", name=op.f("pk_entitlements")),
        schema="sender",
    )


def downgrade() -> None:
    op.drop_table("entitlements", schema="sender")
