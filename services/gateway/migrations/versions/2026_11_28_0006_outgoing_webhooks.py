"""Outgoing webhooks."""

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing has changed."""


def downgrade() -> None:
    """Nothing to take back."""
