"""How many mails of a mailbox were refused in a row, and how often an email was deferred for its recipient's sake."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_COUNTS = (("mailboxes", "refusals"), ("emails", "deferrals"))


def upgrade() -> None:
    for table, name in _COUNTS:
        count = sa.Column(name, sa.Integer(), server_default=sa.text("0"), nullable=False)
        op.add_column(table, count, schema="sender")


def downgrade() -> None:
    for table, name in _COUNTS:
        op.drop_column(table, name, schema="sender")
