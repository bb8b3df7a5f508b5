"""The common tables; lists and their leads, campaigns, daily plans with their slots, emails."""

import sqlalchemy as sa
from alembic import op

from libs.common.migrations import create_common_tables, drop_common_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_common_tables("sender")
    _create_workspaces_and_mailboxes()
    _create_lists()
    _create_campaigns()
    _create_enrolments()
    _create_emails()
    _create_plans()


def _create_workspaces_and_mailboxes() -> None:
    op.create_table(
        "workspaces",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("daily_quota", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workspaces")),
        schema="sender",
    )
    op.create_table(
        "mailboxes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=True),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("sandboxed", sa.Boolean(), nullable=False),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("trouble", sa.Text(), nullable=True),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailboxes")),
        sa.UniqueConstraint("key", name=op.f("uq_mailboxes_key")),
        schema="sender",
    )


def _create_lists() -> None:
    op.create_table(
        "lists",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'receiving'"), nullable=False),
        sa.Column("parts_expected", sa.Integer(), nullable=False),
        sa.Column("parts_received", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("recipients_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("sandboxed_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("set_aside_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('receiving', 'ready')", name=op.f("ck_lists_state_known")),
        sa.CheckConstraint("parts_received <= parts_expected", name=op.f("ck_lists_no_part_twice")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lists")),
        schema="sender",
    )
    op.create_index("ix_lists_workspace_id_id", "lists", ["workspace_id", "id"], unique=False, schema="sender")
    op.create_table(
        "list_parts",
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("part_no", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["list_id"], ["sender.lists.id"], name=op.f("fk_list_parts_list_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("list_id", "part_no", name=op.f("pk_list_parts")),
        schema="sender",
    )
    op.create_table(
        "leads",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("first_name", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("last_name", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("company", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("title", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("country", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("city", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("phone", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("line", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("sandboxed", sa.Boolean(), nullable=False),
        sa.Column("set_aside", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["list_id"], ["sender.lists.id"], name=op.f("fk_leads_list_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leads")),
        sa.UniqueConstraint("list_id", "row_no", name=op.f("uq_leads_list_id_row_no")),
        schema="sender",
    )
    op.create_index("ix_leads_workspace_id_email", "leads", ["workspace_id", "email"], unique=False, schema="sender")
    op.create_table(
        "suppressions",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "email", name=op.f("pk_suppressions")),
        schema="sender",
    )


def _create_campaigns() -> None:
    op.create_table(
        "templates",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text_body", sa.Text(), nullable=False),
        sa.Column("html_body", sa.Text(), nullable=True),
        sa.Column("is_default", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_templates")),
        sa.UniqueConstraint("workspace_id", "name", "version", name=op.f("uq_templates_workspace_id_name_version")),
        schema="sender",
    )
    op.create_table(
        "campaigns",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("mailbox_id", sa.Uuid(), nullable=False),
        sa.Column("template_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'draft'"), nullable=False),
        sa.Column("daily_quota", sa.Integer(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text_body", sa.Text(), nullable=False),
        sa.Column("html_body", sa.Text(), nullable=True),
        sa.Column("sandboxed", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('draft', 'active', 'paused', 'finished')", name=op.f("ck_campaigns_state_known")),
        sa.CheckConstraint("daily_quota > 0", name=op.f("ck_campaigns_quota_positive")),
        sa.ForeignKeyConstraint(["list_id"], ["sender.lists.id"], name=op.f("fk_campaigns_list_id")),
        sa.ForeignKeyConstraint(["mailbox_id"], ["sender.mailboxes.id"], name=op.f("fk_campaigns_mailbox_id")),
        sa.ForeignKeyConstraint(["template_id"], ["sender.templates.id"], name=op.f("fk_campaigns_template_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaigns")),
        schema="sender",
    )
    op.create_index(
        "ix_campaigns_active",
        "campaigns",
        ["workspace_id"],
        unique=False,
        schema="sender",
        postgresql_where=sa.text("state = 'active'"),
    )
    op.create_index("ix_campaigns_workspace_id_id", "campaigns", ["workspace_id", "id"], unique=False, schema="sender")


def _create_enrolments() -> None:
    op.create_table(
        "enrolments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state <> 'excluded' OR reason IS NOT NULL", name=op.f("ck_enrolments_excluded_says_why")),
        sa.CheckConstraint(
            "state IN ('active', 'finished', 'stopped', 'excluded')", name=op.f("ck_enrolments_state_known")
        ),
        sa.ForeignKeyConstraint(["campaign_id"], ["sender.campaigns.id"], name=op.f("fk_enrolments_campaign_id")),
        sa.ForeignKeyConstraint(["lead_id"], ["sender.leads.id"], name=op.f("fk_enrolments_lead_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolments")),
        sa.UniqueConstraint("campaign_id", "lead_id", name=op.f("uq_enrolments_campaign_id_lead_id")),
        schema="sender",
    )
    op.create_index(
        "ix_enrolments_waiting",
        "enrolments",
        ["campaign_id", "position"],
        unique=False,
        schema="sender",
        postgresql_where=sa.text("state = 'active'"),
    )
    op.create_index(
        "uq_enrolments_active_address",
        "enrolments",
        ["workspace_id", "email"],
        unique=True,
        schema="sender",
        postgresql_where=sa.text("state = 'active'"),
    )


def _create_emails() -> None:
    op.create_table(
        "emails",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("enrolment_id", sa.Uuid(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'planned'"), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("fencing_token", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("sending_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state IN ('claimed', 'sending')) = (lease_until IS NOT NULL)", name=op.f("ck_emails_leased_in_hand")
        ),
        sa.CheckConstraint(
            "state IN ('planned', 'claimed', 'sending', 'sent', 'failed', 'unknown', 'deferred', 'cancelled', 'suppressed')",
            name=op.f("ck_emails_state_known"),
        ),
        sa.ForeignKeyConstraint(["campaign_id"], ["sender.campaigns.id"], name=op.f("fk_emails_campaign_id")),
        sa.ForeignKeyConstraint(["enrolment_id"], ["sender.enrolments.id"], name=op.f("fk_emails_enrolment_id")),
        sa.ForeignKeyConstraint(["lead_id"], ["sender.leads.id"], name=op.f("fk_emails_lead_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emails")),
        sa.UniqueConstraint("enrolment_id", "step", name=op.f("uq_emails_enrolment_id_step")),
        sa.UniqueConstraint("message_id", name=op.f("uq_emails_message_id")),
        schema="sender",
    )
    op.create_index("ix_emails_campaign_id_state", "emails", ["campaign_id", "state"], unique=False, schema="sender")
    op.create_index(
        "ix_emails_leased",
        "emails",
        ["lease_until"],
        unique=False,
        schema="sender",
        postgresql_where=sa.text("state IN ('claimed', 'sending')"),
    )
    op.create_index(
        "ix_emails_planned",
        "emails",
        ["due_at"],
        unique=False,
        schema="sender",
        postgresql_where=sa.text("state = 'planned'"),
    )
    op.create_index("ix_emails_workspace_id_id", "emails", ["workspace_id", "id"], unique=False, schema="sender")


def _create_plans() -> None:
    op.create_table(
        "daily_plans",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("quota", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_daily_plans_day_has_length")),
        sa.PrimaryKeyConstraint("workspace_id", "day", name=op.f("pk_daily_plans")),
        schema="sender",
    )
    op.create_table(
        "slots",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=True),
        sa.Column("email_id", sa.Uuid(), nullable=True),
        sa.Column("used_token", sa.BigInteger(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("(state = 'used') = (used_token IS NOT NULL)", name=op.f("ck_slots_used_names_its_token")),
        sa.CheckConstraint(
            "(state IN ('assigned', 'used')) = (email_id IS NOT NULL)", name=op.f("ck_slots_live_names_its_email")
        ),
        sa.CheckConstraint("state IN ('free', 'assigned', 'used', 'gone')", name=op.f("ck_slots_state_known")),
        sa.ForeignKeyConstraint(["email_id"], ["sender.emails.id"], name=op.f("fk_slots_email_id")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "day"],
            ["sender.daily_plans.workspace_id", "sender.daily_plans.day"],
            name=op.f("fk_slots_workspace_id_day"),
        ),
        sa.PrimaryKeyConstraint("workspace_id", "day", "number", name=op.f("pk_slots")),
        schema="sender",
    )
    op.create_index("ix_slots_campaign_id_day", "slots", ["campaign_id", "day"], unique=False, schema="sender")
    op.create_index("ix_slots_email_id", "slots", ["email_id"], unique=False, schema="sender")
    op.create_index(
        "uq_slots_live_email",
        "slots",
        ["email_id"],
        unique=True,
        schema="sender",
        postgresql_where=sa.text("state = 'assigned'"),
    )


def downgrade() -> None:
    for table in (
        "slots",
        "daily_plans",
        "emails",
        "enrolments",
        "campaigns",
        "templates",
        "suppressions",
        "leads",
        "list_parts",
        "lists",
        "mailboxes",
        "workspaces",
    ):
        op.drop_table(table, schema="sender")
    drop_common_tables("sender")
