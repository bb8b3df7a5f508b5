"""What the rows of a job and of a workspace cost."""

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Filled by what it is named for."""


def downgrade() -> None:
    """Takes back what `upgrade` does."""
