"""Workspaces as of a version of the gateway's."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "workspaces",
        sa.Column("version", sa.BigInteger(), nullable=False, server_default=sa.text("1")),
        schema="sender",
    )


def downgrade() -> None:
    op.drop_column("workspaces", "version", schema="sender")
