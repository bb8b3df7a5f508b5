"""How often in a row a chunk could not be published."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column = sa.Column("publish_failures", sa.Integer, nullable=False, server_default=sa.text("0"))
    op.add_column("chunks", column, schema="ingest")


def downgrade() -> None:
    op.drop_column("chunks", "publish_failures", schema="ingest")
