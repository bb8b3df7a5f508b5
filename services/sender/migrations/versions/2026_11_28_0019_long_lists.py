"""Lists of any length: a campaign is started page by page; and what holds of role addresses in lists to come."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_STATES = "'draft', 'active', 'paused', 'finished'"


def upgrade() -> None:
    for column in (
        sa.Column("start_due_at", sa.DateTime(timezone=True)),
        sa.Column("start_after_row", sa.Integer, nullable=False, server_default=sa.text("-1")),
        sa.Column("start_rows", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("start_problem", sa.Text),
    ):
        op.add_column("campaigns", column, schema="sender")
    _know_states(f"'starting', {_STATES}")
    op.create_check_constraint(
        op.f("ck_campaigns_starting_is_due"),
        "campaigns",
        "(state = 'starting') = (start_due_at IS NOT NULL)",
        schema="sender",
    )
    op.create_index(
        "ix_campaigns_starting",
        "campaigns",
        ["start_due_at"],
        schema="sender",
        postgresql_where=sa.text("state = 'starting'"),
    )
    op.add_column(
        "workspaces",
        sa.Column("keeps_roles", sa.Boolean, nullable=False, server_default=sa.text("false")),
        schema="sender",
    )


def downgrade() -> None:
    op.drop_column("workspaces", "keeps_roles", schema="sender")
    op.drop_index("ix_campaigns_starting", table_name="campaigns", schema="sender")
    op.drop_constraint(op.f("ck_campaigns_starting_is_due"), "campaigns", schema="sender", type_="check")
    # What was being started is a draft again: its rows so far are in the way of no other campaign, and of no later start.
    op.execute(
        "DELETE FROM sender.enrolments e USING sender.campaigns c WHERE c.id = e.campaign_id AND c.state = 'starting'"
    )
    op.execute("UPDATE sender.campaigns SET state = 'draft' WHERE state = 'starting'")
    _know_states(_STATES)
    for name in ("start_problem", "start_rows", "start_after_row", "start_due_at"):
        op.drop_column("campaigns", name, schema="sender")


def _know_states(states: str) -> None:
    name = op.f("ck_campaigns_state_known")
    op.drop_constraint(name, "campaigns", schema="sender", type_="check")
    op.create_check_constraint(name, "campaigns", f"state IN ({states})", schema="sender")
