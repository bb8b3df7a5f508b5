"""How many requests each user and each API key has made lately."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "caller_buckets",
        sa.Column("caller_id", sa.Uuid(), nullable=False),
        sa.Column("full_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("caller_id", name=op.f("pk_caller_buckets")),
        schema="gateway",
        prefixes=["UNLOGGED"],
    )


def downgrade() -> None:
    op.drop_table("caller_buckets", schema="gateway")
