"""Lines that were changed after their list was published."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "line_corrections",
        sa.Column("list_id", sa.Uuid, nullable=False),
        sa.Column("row_no", sa.Integer, nullable=False),
        sa.Column("attempt", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("line", sa.Text, nullable=False, server_default=sa.text("''")),
        sa.Column("product", sa.Text, nullable=False, server_default=sa.text("''")),
        sa.Column("pitch", sa.Text, nullable=False, server_default=sa.text("''")),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("sandboxed", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("list_id", "row_no", name=op.f("pk_line_corrections")),
        sa.ForeignKeyConstraint(
            ["list_id"], ["sender.lists.id"], name=op.f("fk_line_corrections_list_id_lists"), ondelete="CASCADE"
        ),
        schema="sender",
    )
    op.create_index("ix_emails_lead_id", "emails", ["lead_id"], schema="sender")


def downgrade() -> None:
    op.drop_index("ix_emails_lead_id", table_name="emails", schema="sender")
    op.drop_table("line_corrections", schema="sender")
