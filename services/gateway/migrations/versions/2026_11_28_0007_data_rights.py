"""Deleted workspaces."""

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing has changed."""


def downgrade() -> None:
    """Nothing to take back."""
