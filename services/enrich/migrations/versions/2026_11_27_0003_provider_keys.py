"""Workspaces' own provider keys, encrypted."""

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Filled by what it is named for."""


def downgrade() -> None:
    """Takes back what `upgrade` does."""
