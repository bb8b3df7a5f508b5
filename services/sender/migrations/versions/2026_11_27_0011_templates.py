"""Templates that people write, and lines that they approve."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

SCHEMA = "sender"


def upgrade() -> None:
    _split_versions()
    _renew_defaults()
    op.add_column(
        "campaigns",
        sa.Column("template_version", sa.Integer, nullable=False, server_default=sa.text("1")),
        schema=SCHEMA,
    )
    for name in ("sender_name", "postal_address"):
        column = sa.Column(name, sa.Text, nullable=False, server_default=sa.text("''"))
        op.add_column("workspaces", column, schema=SCHEMA)
    _create_lines()
    _create_test_mails()


def _split_versions() -> None:
    op.create_table(
        "template_versions",
        sa.Column("template_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("text_body", sa.Text, nullable=False),
        sa.Column("html_body", sa.Text),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")),
        sa.PrimaryKeyConstraint("template_id", "version", name=op.f("pk_template_versions")),
        sa.ForeignKeyConstraint(
            ["template_id"],
            ["sender.templates.id"],
            name=op.f("fk_template_versions_template_id_templates"),
            ondelete="CASCADE",
        ),
        schema=SCHEMA,
    )
    op.execute(
        "INSERT INTO sender.template_versions (template_id, version, subject, text_body, html_body, created_at)"
        " SELECT id, version, subject, text_body, html_body, created_at FROM sender.templates"
    )
    op.drop_constraint(op.f("uq_templates_workspace_id_name_version"), "templates", schema=SCHEMA)
    for name in ("subject", "text_body", "html_body"):
        op.drop_column("templates", name, schema=SCHEMA)
    changed = sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()"))
    op.add_column("templates", changed, schema=SCHEMA)
    op.add_column("templates", sa.Column("deleted_at", sa.DateTime(timezone=True)), schema=SCHEMA)
    for name, columns, where in (
        ("uq_templates_name", ["workspace_id", "name"], "deleted_at IS NULL"),
        ("uq_templates_default", ["workspace_id"], "is_default AND deleted_at IS NULL"),
    ):
        op.create_index(name, "templates", columns, unique=True, schema=SCHEMA, postgresql_where=sa.text(where))


_TEXT = """\
{% if not first_name or first_name not in line %}Hi {{ first_name or "there" }},

{% endif %}{{ line }}

Would a short call next week suit you?

Best regards
{{ sender_name }}

--
{{ postal_address }}
To hear no more from us: {{ unsubscribe_url }}
"""
_HTML = """\
{% if not first_name or first_name not in line %}<p>Hi {{ first_name or "there" }},</p>
{% endif %}<p>{{ line }}</p>
<p>Would a short call next week suit you?</p>
<p>Best regards<br>{{ sender_name }}</p>
<hr>
<p><small>{{ postal_address }}<br><a href="{{ unsubscribe_url }}">Unsubscribe</a></small></p>
"""


def _renew_defaults() -> None:
    """A second version with a link to unsubscribe by; campaigns keep the words they were made with."""
    op.execute(
        sa.text(
            "INSERT INTO sender.template_versions (template_id, version, subject, text_body, html_body)"
            " SELECT t.id, 2, v.subject, :text_body, :html_body FROM sender.templates t"
            " JOIN sender.template_versions v ON v.template_id = t.id AND v.version = t.version"
            " WHERE t.is_default AND t.version = 1"
        ).bindparams(text_body=_TEXT, html_body=_HTML)
    )
    op.execute("UPDATE sender.templates SET version = 2 WHERE is_default AND version = 1")


def _create_lines() -> None:
    op.create_table(
        "campaign_lines",
        sa.Column("workspace_id", sa.Uuid, nullable=False),
        sa.Column("campaign_id", sa.Uuid, nullable=False),
        sa.Column("lead_id", sa.Uuid, nullable=False),
        sa.Column("line", sa.Text),
        sa.Column("approved_by", sa.Uuid),
        sa.Column("approved_at", sa.DateTime(timezone=True)),
        sa.Column("changed_by", sa.Uuid, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")),
        sa.PrimaryKeyConstraint("campaign_id", "lead_id", name=op.f("pk_campaign_lines")),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["sender.campaigns.id"],
            name=op.f("fk_campaign_lines_campaign_id_campaigns"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["sender.leads.id"], name=op.f("fk_campaign_lines_lead_id_leads"), ondelete="CASCADE"
        ),
        schema=SCHEMA,
    )
    op.create_index("ix_campaign_lines_lead_id", "campaign_lines", ["lead_id"], schema=SCHEMA)


def _create_test_mails() -> None:
    op.create_table(
        "test_mails",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("workspace_id", sa.Uuid, nullable=False),
        sa.Column("campaign_id", sa.Uuid),
        sa.Column("mailbox_id", sa.Uuid, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False, server_default=sa.text("'sending'")),
        sa.Column("reason", sa.Text),
        sa.Column("asked_by", sa.Uuid, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_test_mails")),
        sa.UniqueConstraint("workspace_id", "key", name=op.f("uq_test_mails_workspace_id_key")),
        sa.CheckConstraint("state IN ('sending', 'sent', 'failed', 'unknown')", name=op.f("ck_test_mails_state_known")),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["sender.campaigns.id"],
            name=op.f("fk_test_mails_campaign_id_campaigns"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["mailbox_id"], ["sender.mailboxes.id"], name=op.f("fk_test_mails_mailbox_id_mailboxes")
        ),
        schema=SCHEMA,
    )
    for name in ("mailbox_id", "workspace_id"):
        op.create_index(f"ix_test_mails_{name}_created_at", "test_mails", [name, "created_at"], schema=SCHEMA)


def downgrade() -> None:
    op.drop_table("test_mails", schema=SCHEMA)
    op.drop_table("campaign_lines", schema=SCHEMA)
    for name in ("sender_name", "postal_address"):
        op.drop_column("workspaces", name, schema=SCHEMA)
    op.drop_column("campaigns", "template_version", schema=SCHEMA)
    op.drop_index("uq_templates_default", table_name="templates", schema=SCHEMA)
    op.drop_index("uq_templates_name", table_name="templates", schema=SCHEMA)
    op.drop_column("templates", "deleted_at", schema=SCHEMA)
    op.drop_column("templates", "changed_at", schema=SCHEMA)
    for name, nullable in (("subject", False), ("text_body", False), ("html_body", True)):
        default = None if nullable else sa.text("''")
        column = sa.Column(name, sa.Text, nullable=nullable, server_default=default)
        op.add_column("templates", column, schema=SCHEMA)
        if not nullable:
            op.alter_column("templates", name, server_default=None, schema=SCHEMA)
    op.execute(
        "UPDATE sender.templates t SET subject = v.subject, text_body = v.text_body, html_body = v.html_body"
        " FROM sender.template_versions v WHERE v.template_id = t.id AND v.version = t.version"
    )
    op.create_unique_constraint(
        op.f("uq_templates_workspace_id_name_version"), "templates", ["workspace_id", "name", "version"], schema=SCHEMA
    )
    op.drop_table("template_versions", schema=SCHEMA)
