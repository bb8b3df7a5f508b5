"""Starts are counted, so that one is told from another of the same campaign, and given up where it fails again and again."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("start_no", "start_failures"):
        column = sa.Column(name, sa.Integer, nullable=False, server_default=sa.text("0"))
        op.add_column("campaigns", column, schema="sender")


def downgrade() -> None:
    for name in ("start_failures", "start_no"):
        op.drop_column("campaigns", name, schema="sender")
