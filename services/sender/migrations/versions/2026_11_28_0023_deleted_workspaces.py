"""Deleted workspaces."""

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing has changed."""


def downgrade() -> None:
    """Nothing to take back."""
