"""Windows of campaigns and time zones of leads. What was made before sends at any hour, by the workspace's clock."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_SOURCES = "'city', 'state', 'country', 'phone', 'email_domain', 'workspace'"


def upgrade() -> None:
    for column in (
        sa.Column("window_days", ARRAY(sa.SmallInteger), nullable=False, server_default=sa.text("'{1,2,3,4,5}'")),
        sa.Column("window_from_min", sa.SmallInteger, nullable=False, server_default=sa.text("540")),
        sa.Column("window_to_min", sa.SmallInteger, nullable=False, server_default=sa.text("1020")),
        sa.Column("skip_holidays", sa.Boolean, nullable=False, server_default=sa.text("true")),
    ):
        op.add_column("campaigns", column, schema="sender")
    op.execute(
        "UPDATE sender.campaigns SET window_days = '{1,2,3,4,5,6,7}', window_from_min = 0, window_to_min = 1440,"
        " skip_holidays = false"
    )
    for name, rule in (
        ("window_has_days", "cardinality(window_days) > 0 AND window_days <@ '{1,2,3,4,5,6,7}'::smallint[]"),
        ("window_in_a_day", "0 <= window_from_min AND window_from_min < window_to_min AND window_to_min <= 1440"),
    ):
        op.create_check_constraint(op.f(f"ck_campaigns_{name}"), "campaigns", rule, schema="sender")
    for name, default in (("time_zone", "UTC"), ("zone_source", "workspace"), ("country", ""), ("subdivision", "")):
        column = sa.Column(name, sa.Text, nullable=False, server_default=sa.text(f"'{default}'"))
        op.add_column("enrolments", column, schema="sender")
    op.execute(
        "UPDATE sender.enrolments SET time_zone = workspaces.time_zone FROM sender.workspaces"
        " WHERE workspaces.id = enrolments.workspace_id"
    )
    op.create_check_constraint(
        op.f("ck_enrolments_zone_source_known"), "enrolments", f"zone_source IN ({_SOURCES})", schema="sender"
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_enrolments_zone_source_known"), "enrolments", schema="sender")
    for name in ("subdivision", "country", "zone_source", "time_zone"):
        op.drop_column("enrolments", name, schema="sender")
    for name in ("window_in_a_day", "window_has_days"):
        op.drop_constraint(op.f(f"ck_campaigns_{name}"), "campaigns", schema="sender")
    for name in ("skip_holidays", "window_to_min", "window_from_min", "window_days"):
        op.drop_column("campaigns", name, schema="sender")
