"""Who was written to before is looked up by address, at every start and before every send."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_emails_workspace_id_recipient", "emails", ["workspace_id", "recipient"], unique=False, schema="sender"
    )


def downgrade() -> None:
    op.drop_index("ix_emails_workspace_id_recipient", table_name="emails", schema="sender")
