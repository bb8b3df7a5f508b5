"""What to offer a lead, for templates to name."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

SCHEMA = "sender"
_COLUMNS = ("product", "pitch")


def upgrade() -> None:
    for name in _COLUMNS:
        op.add_column("leads", sa.Column(name, sa.Text(), server_default=sa.text("''"), nullable=False), schema=SCHEMA)


def downgrade() -> None:
    for name in _COLUMNS:
        op.drop_column("leads", name, schema=SCHEMA)
