"""Deleted workspaces."""

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing has changed."""


def downgrade() -> None:
    """Nothing to take back."""
