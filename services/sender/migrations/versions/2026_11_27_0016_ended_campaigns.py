"""Campaigns that a person has ended."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("campaigns", sa.Column("ended_by", sa.Uuid), schema="sender")


def downgrade() -> None:
    op.drop_column("campaigns", "ended_by", schema="sender")
