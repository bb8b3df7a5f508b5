"""Products and the rules that choose them, by version."""

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Filled by what it is named for."""


def downgrade() -> None:
    """Takes back what `upgrade` does."""
