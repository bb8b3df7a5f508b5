"""What planning a day reads: who is awake, by position; who sleeps, by when they wake; and people by their domain."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

SCHEMA = "sender"
_FRESH = "state = 'active' AND mailbox_id IS NULL"


def upgrade() -> None:
    op.add_column(
        "campaigns", sa.Column("waking", sa.Boolean, nullable=False, server_default=sa.text("false")), schema=SCHEMA
    )
    op.drop_index("ix_enrolments_fresh", table_name="enrolments", schema=SCHEMA)
    _index("ix_enrolments_fresh", "enrolments", ["campaign_id", "position"], f"{_FRESH} AND wakes_at IS NULL")
    _index("ix_enrolments_asleep", "enrolments", ["campaign_id", "wakes_at"], f"{_FRESH} AND wakes_at IS NOT NULL")
    op.drop_index("ix_leads_domain", table_name="leads", schema=SCHEMA)
    _index("ix_leads_domain_workspace_id", "leads", ["domain", "workspace_id"])


def downgrade() -> None:
    op.drop_index("ix_leads_domain_workspace_id", table_name="leads", schema=SCHEMA)
    _index("ix_leads_domain", "leads", ["domain"])
    op.drop_index("ix_enrolments_asleep", table_name="enrolments", schema=SCHEMA)
    op.drop_index("ix_enrolments_fresh", table_name="enrolments", schema=SCHEMA)
    _index("ix_enrolments_fresh", "enrolments", ["campaign_id", "position"], _FRESH)
    op.drop_column("campaigns", "waking", schema=SCHEMA)


def _index(name: str, table: str, columns: list[str], where: str | None = None) -> None:
    op.create_index(name, table, columns, schema=SCHEMA, postgresql_where=None if where is None else sa.text(where))
