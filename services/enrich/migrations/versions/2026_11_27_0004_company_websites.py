"""Pages of companies' websites, shared by domain."""

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Filled by what it is named for."""


def downgrade() -> None:
    """Takes back what `upgrade` does."""
