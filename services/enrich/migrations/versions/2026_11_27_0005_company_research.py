"""What was found out about a company, for the rows that share it."""

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Filled by what it is named for."""


def downgrade() -> None:
    """Takes back what `upgrade` does."""
