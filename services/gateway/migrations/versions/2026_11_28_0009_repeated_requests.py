"""Requests by their idempotency keys."""

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing has changed."""


def downgrade() -> None:
    """Nothing to take back."""
