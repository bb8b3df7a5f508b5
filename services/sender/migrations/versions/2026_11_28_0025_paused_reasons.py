"""Campaigns that somebody but a person has paused say why."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("campaigns", sa.Column("paused_reason", sa.Text), schema="sender")


def downgrade() -> None:
    op.drop_column("campaigns", "paused_reason", schema="sender")
