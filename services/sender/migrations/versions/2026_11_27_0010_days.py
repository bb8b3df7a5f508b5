"""Quotas of mailboxes and domains, weights, slots that know their hour, who waits until when, and who decided on unknowns."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

SCHEMA = "sender"
_TIMED = "state <> 'assigned' OR (mailbox_id IS NOT NULL AND coalesce(due_at < closes_at, false))"
_SLOT_INDEXES = (
    ("ix_slots_due", ["mailbox_id", "due_at"], "state = 'assigned'"),
    ("ix_slots_open", ["workspace_id", "day"], "state IN ('assigned', 'free')"),
)
_WORKSPACE_CHECKS = {
    "quota_positive": "daily_quota > 0",
    "domain_quota_positive": "domain_quota > 0",
    "share_in_percent": "follow_up_share BETWEEN 0 AND 100",
    "pause_in_days": "campaign_pause_days BETWEEN 0 AND 365",
}


def upgrade() -> None:
    _workspaces()
    op.add_column("campaigns", _number("weight", 1), schema=SCHEMA)
    _check("campaigns", "weight_in_range", "weight BETWEEN 1 AND 100")
    _campaign_mailboxes()
    _enrolments()
    _emails()
    _slots()
    _email_resolutions()
    _planning_dues()


def downgrade() -> None:
    for table in ("planning_dues", "email_resolutions", "campaign_mailboxes"):
        op.drop_table(table, schema=SCHEMA)
    for index, _, _ in _SLOT_INDEXES:
        op.drop_index(index, table_name="slots", schema=SCHEMA)
    op.drop_index("ix_emails_unknown", table_name="emails", schema=SCHEMA)
    op.drop_index("ix_enrolments_fresh", table_name="enrolments", schema=SCHEMA)
    op.drop_constraint(op.f("ck_slots_assigned_has_its_time"), "slots", schema=SCHEMA)
    op.drop_constraint(op.f("ck_emails_step_counts_from_one"), "emails", schema=SCHEMA)
    op.drop_constraint(op.f("ck_campaigns_weight_in_range"), "campaigns", schema=SCHEMA)
    for name in _WORKSPACE_CHECKS:
        op.drop_constraint(op.f(f"ck_workspaces_{name}"), "workspaces", schema=SCHEMA)
    for table, names in (
        ("slots", ("closes_at", "due_at", "mailbox_id")),
        ("emails", ("mailbox_id",)),
        ("enrolments", ("wakes_at", "mailbox_id", "domain")),
        ("campaigns", ("weight",)),
        ("workspaces", ("campaign_pause_days", "follow_up_share", "domain_quota")),
    ):
        for name in names:
            op.drop_column(table, name, schema=SCHEMA)
    op.create_index(
        "ix_emails_planned", "emails", ["due_at"], schema=SCHEMA, postgresql_where=sa.text("state = 'planned'")
    )


def _number(name: str, default: int) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False, server_default=sa.text(str(default)))


def _instant(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True))


def _check(table: str, name: str, rule: str) -> None:
    op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, rule, schema=SCHEMA)


def _foreign_key(table: str, column: str, target: str) -> None:
    name = op.f(f"fk_{table}_{column}_{target}")
    op.create_foreign_key(name, table, target, [column], ["id"], source_schema=SCHEMA, referent_schema=SCHEMA)


def _workspaces() -> None:
    op.add_column("workspaces", sa.Column("domain_quota", sa.Integer), schema=SCHEMA)
    op.add_column("workspaces", _number("follow_up_share", 50), schema=SCHEMA)
    op.add_column("workspaces", _number("campaign_pause_days", 3), schema=SCHEMA)
    for name, rule in _WORKSPACE_CHECKS.items():
        _check("workspaces", name, rule)


def _campaign_mailboxes() -> None:
    op.create_table(
        "campaign_mailboxes",
        sa.Column("campaign_id", sa.Uuid, nullable=False),
        sa.Column("mailbox_id", sa.Uuid, nullable=False),
        sa.PrimaryKeyConstraint("campaign_id", "mailbox_id", name=op.f("pk_campaign_mailboxes")),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["sender.campaigns.id"],
            name=op.f("fk_campaign_mailboxes_campaign_id_campaigns"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["mailbox_id"], ["sender.mailboxes.id"], name=op.f("fk_campaign_mailboxes_mailbox_id_mailboxes")
        ),
        schema=SCHEMA,
    )
    op.create_index("ix_campaign_mailboxes_mailbox_id", "campaign_mailboxes", ["mailbox_id"], schema=SCHEMA)


def _enrolments() -> None:
    domain = sa.Computed("split_part(email, '@'::text, 2)", persisted=True)
    op.add_column("enrolments", sa.Column("domain", sa.Text, domain, nullable=False), schema=SCHEMA)
    op.add_column("enrolments", sa.Column("mailbox_id", sa.Uuid), schema=SCHEMA)
    op.add_column("enrolments", _instant("wakes_at"), schema=SCHEMA)
    _foreign_key("enrolments", "mailbox_id", "mailboxes")
    op.create_index(
        "ix_enrolments_fresh",
        "enrolments",
        ["campaign_id", "position"],
        schema=SCHEMA,
        postgresql_where=sa.text("state = 'active' AND mailbox_id IS NULL"),
    )
    op.execute(
        "UPDATE sender.enrolments e SET mailbox_id = c.mailbox_id FROM sender.campaigns c, sender.emails m"
        " WHERE c.id = e.campaign_id AND m.enrolment_id = e.id AND m.attempts > 0"
    )


def _emails() -> None:
    op.drop_index("ix_emails_planned", table_name="emails", schema=SCHEMA)
    op.add_column("emails", sa.Column("mailbox_id", sa.Uuid), schema=SCHEMA)
    op.execute(
        "UPDATE sender.emails e SET mailbox_id = c.mailbox_id FROM sender.campaigns c WHERE c.id = e.campaign_id"
    )
    op.alter_column("emails", "mailbox_id", nullable=False, schema=SCHEMA)
    _foreign_key("emails", "mailbox_id", "mailboxes")
    op.create_index(
        "ix_emails_unknown",
        "emails",
        ["mailbox_id", "sending_at"],
        schema=SCHEMA,
        postgresql_where=sa.text("state = 'unknown'"),
    )
    _check("emails", "step_counts_from_one", "step > 0")


def _slots() -> None:
    """What is planned keeps its slot, and may leave until the end of its day."""
    op.add_column("slots", sa.Column("mailbox_id", sa.Uuid), schema=SCHEMA)
    op.add_column("slots", _instant("due_at"), schema=SCHEMA)
    op.add_column("slots", _instant("closes_at"), schema=SCHEMA)
    op.execute(
        "UPDATE sender.slots s SET mailbox_id = e.mailbox_id, due_at = p.starts_at, closes_at = p.ends_at"
        " FROM sender.emails e, sender.daily_plans p"
        " WHERE e.id = s.email_id AND p.workspace_id = s.workspace_id AND p.day = s.day"
    )
    _check("slots", "assigned_has_its_time", _TIMED)
    for name, columns, where in _SLOT_INDEXES:
        op.create_index(name, "slots", columns, schema=SCHEMA, postgresql_where=sa.text(where))


def _email_resolutions() -> None:
    op.create_table(
        "email_resolutions",
        sa.Column("email_id", sa.Uuid, nullable=False),
        sa.Column("fencing_token", sa.BigInteger, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("decided_by", sa.Text, nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")),
        sa.PrimaryKeyConstraint("email_id", "fencing_token", name=op.f("pk_email_resolutions")),
        sa.ForeignKeyConstraint(["email_id"], ["sender.emails.id"], name=op.f("fk_email_resolutions_email_id_emails")),
        sa.CheckConstraint("outcome IN ('sent', 'send_again')", name=op.f("ck_email_resolutions_outcome_known")),
        schema=SCHEMA,
    )


def _planning_dues() -> None:
    op.create_table(
        "planning_dues",
        sa.Column("workspace_id", sa.Uuid, nullable=False),
        _instant("due_at"),
        sa.Column("asks", sa.BigInteger, nullable=False, server_default=sa.text("0")),
        sa.PrimaryKeyConstraint("workspace_id", name=op.f("pk_planning_dues")),
        schema=SCHEMA,
    )
    op.create_index("ix_planning_dues_due_at", "planning_dues", ["due_at"], schema=SCHEMA)
    op.execute(
        "INSERT INTO sender.planning_dues (workspace_id, due_at)"
        " SELECT DISTINCT workspace_id, now() FROM sender.campaigns WHERE state = 'active'"
    )
