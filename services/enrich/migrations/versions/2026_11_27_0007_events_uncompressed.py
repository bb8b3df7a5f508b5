"""Events as they are: a chunk's answer is written once, seldom read and swept after a day; compressing costs 50 µs a row."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE enrich.outbox ALTER COLUMN body SET STORAGE EXTERNAL")


def downgrade() -> None:
    op.execute("ALTER TABLE enrich.outbox ALTER COLUMN body SET STORAGE EXTENDED")
