"""A lead is a person of a workspace; a row of a list is a recipient.

The person takes the id of the first row that has the address, so that most of what names a lead names it still.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

SCHEMA = "sender"
_RENAMED = (
    ("pk_leads", "pk_recipients"),
    ("uq_leads_list_id_row_no", "uq_recipients_list_id_row_no"),
    ("fk_leads_list_id", "fk_recipients_list_id"),
)
_OF_LEADS = (("enrolments", "fk_enrolments_lead_id"), ("emails", "fk_emails_lead_id"))


def upgrade() -> None:
    _rename_rows()
    _create_people()
    _point_at_people()
    _extend_lists()


def _rename_rows() -> None:
    for table, name in _OF_LEADS:
        op.drop_constraint(op.f(name), table, schema=SCHEMA, type_="foreignkey")
    op.drop_index("ix_leads_workspace_id_email", table_name="leads", schema=SCHEMA)
    op.rename_table("leads", "recipients", schema=SCHEMA)
    for old, new in _RENAMED:
        op.execute(f"ALTER TABLE {SCHEMA}.recipients RENAME CONSTRAINT {old} TO {new}")
    for column in (
        sa.Column("lead_id", sa.Uuid(), nullable=True),
        sa.Column("fields", JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("duplicate_of", sa.Integer(), nullable=True),
        sa.Column("taken_in", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    ):
        op.add_column("recipients", column, schema=SCHEMA)


def _create_people() -> None:
    op.create_table(
        "leads",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leads")),
        sa.UniqueConstraint("workspace_id", "email", name=op.f("uq_leads_workspace_id_email")),
        schema=SCHEMA,
    )
    op.execute(
        """
        INSERT INTO sender.leads (id, workspace_id, email, domain)
        SELECT DISTINCT ON (workspace_id, email) id, workspace_id, email, split_part(email, '@', 2)
        FROM sender.recipients WHERE set_aside IS NULL ORDER BY workspace_id, email, id
        """
    )
    op.execute(
        """
        UPDATE sender.recipients r
        SET lead_id = p.lead_id,
            set_aside = CASE WHEN p.first < r.row_no THEN 'duplicate' END,
            duplicate_of = CASE WHEN p.first < r.row_no THEN p.first END
        FROM (SELECT o.id, l.id AS lead_id, min(o.row_no) OVER (PARTITION BY o.list_id, l.id) AS first
              FROM sender.recipients o JOIN sender.leads l ON l.workspace_id = o.workspace_id AND l.email = o.email
              WHERE o.set_aside IS NULL) p
        WHERE p.id = r.id
        """
    )
    op.create_foreign_key(
        op.f("fk_recipients_lead_id"), "recipients", "leads", ["lead_id"], ["id"],
        source_schema=SCHEMA, referent_schema=SCHEMA,
    )  # fmt: skip
    op.create_check_constraint(
        op.f("ck_recipients_nobody_is_set_aside"), "recipients", "lead_id IS NOT NULL OR set_aside IS NOT NULL",
        schema=SCHEMA,
    )  # fmt: skip
    op.create_check_constraint(
        op.f("ck_recipients_duplicate_names_the_first"),
        "recipients",
        "(set_aside IS NOT DISTINCT FROM 'duplicate') = (duplicate_of IS NOT NULL)",
        schema=SCHEMA,
    )
    op.create_index("ix_leads_domain", "leads", ["domain"], schema=SCHEMA)
    op.create_index("ix_recipients_lead_id_list_id", "recipients", ["lead_id", "list_id"], schema=SCHEMA)
    op.create_index(
        "ix_recipients_set_aside",
        "recipients",
        ["list_id", "set_aside", "row_no"],
        schema=SCHEMA,
        postgresql_where=sa.text("set_aside IS NOT NULL"),
    )


def _point_at_people() -> None:
    op.add_column("enrolments", sa.Column("recipient_id", sa.Uuid(), nullable=True), schema=SCHEMA)
    op.alter_column("enrolments", "lead_id", nullable=True, schema=SCHEMA)
    # Of a campaign's rows with one address, the one that was not left out is the person's, else the first.
    op.drop_constraint(op.f("uq_enrolments_campaign_id_lead_id"), "enrolments", schema=SCHEMA, type_="unique")
    op.execute(
        """
        UPDATE sender.enrolments e
        SET recipient_id = p.id, lead_id = CASE WHEN p.place = 1 OR e.state <> 'excluded' THEN p.lead_id END
        FROM (SELECT n.id AS enrolment_id, r.id, r.lead_id,
                     row_number() OVER (PARTITION BY n.campaign_id, r.lead_id
                                        ORDER BY n.state = 'excluded', n.position) AS place
              FROM sender.enrolments n JOIN sender.recipients r ON r.id = n.lead_id) p
        WHERE p.enrolment_id = e.id
        """
    )
    op.execute(
        "UPDATE sender.emails m SET lead_id = e.lead_id FROM sender.enrolments e"
        " WHERE e.id = m.enrolment_id AND m.lead_id <> e.lead_id"
    )
    for name, columns in (
        ("uq_enrolments_campaign_id_lead_id", ["campaign_id", "lead_id"]),
        ("uq_enrolments_campaign_id_recipient_id", ["campaign_id", "recipient_id"]),
    ):
        op.create_unique_constraint(op.f(name), "enrolments", columns, schema=SCHEMA)
    op.create_foreign_key(
        op.f("fk_enrolments_recipient_id"), "enrolments", "recipients", ["recipient_id"], ["id"],
        source_schema=SCHEMA, referent_schema=SCHEMA, ondelete="SET NULL",
    )  # fmt: skip
    for table, name in _OF_LEADS:
        op.create_foreign_key(
            op.f(name), table, "leads", ["lead_id"], ["id"], source_schema=SCHEMA, referent_schema=SCHEMA
        )
    op.create_check_constraint(
        op.f("ck_enrolments_enrolled_is_somebody"), "enrolments", "state = 'excluded' OR lead_id IS NOT NULL",
        schema=SCHEMA,
    )  # fmt: skip
    op.create_index("ix_enrolments_recipient_id", "enrolments", ["recipient_id"], schema=SCHEMA)
    op.create_index("ix_enrolments_lead_id", "enrolments", ["lead_id"], schema=SCHEMA)


def _extend_lists() -> None:
    op.drop_column("lists", "set_aside_count", schema=SCHEMA)
    for name in ("delete_asked_at", "erased_at"):
        op.add_column("lists", sa.Column(name, sa.DateTime(timezone=True), nullable=True), schema=SCHEMA)
    # Lists that are there already keep the rows that they would set aside from here on.
    op.add_column(
        "lists", sa.Column("keeps_roles", sa.Boolean(), server_default=sa.text("true"), nullable=False), schema=SCHEMA
    )
    op.alter_column("lists", "keeps_roles", server_default=sa.text("false"), schema=SCHEMA)
    _set_list_states("'receiving', 'ready', 'deleted'")
    op.create_index(
        "ix_lists_to_delete",
        "lists",
        ["id"],
        schema=SCHEMA,
        postgresql_where=sa.text("delete_asked_at IS NOT NULL AND erased_at IS NULL"),
    )
    op.create_table(
        "mail_domains",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'unknown'"), nullable=False),
        sa.Column("check_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("state IN ('unknown', 'takes_mail', 'no_mx')", name=op.f("ck_mail_domains_state_known")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_mail_domains")),
        schema=SCHEMA,
    )
    op.create_index("ix_mail_domains_check_at", "mail_domains", ["check_at"], schema=SCHEMA)


def _set_list_states(states: str) -> None:
    op.drop_constraint(op.f("ck_lists_state_known"), "lists", schema=SCHEMA, type_="check")
    op.create_check_constraint(op.f("ck_lists_state_known"), "lists", f"state IN ({states})", schema=SCHEMA)


def downgrade() -> None:
    """Lists that were deleted go, with the campaigns' accounts of their rows: rows that are gone cannot be named again."""
    op.drop_table("mail_domains", schema=SCHEMA)
    op.drop_index("ix_lists_to_delete", table_name="lists", schema=SCHEMA)
    op.execute("UPDATE sender.lists SET state = 'ready' WHERE state = 'deleted'")
    _set_list_states("'receiving', 'ready'")
    for name in ("keeps_roles", "erased_at", "delete_asked_at"):
        op.drop_column("lists", name, schema=SCHEMA)
    op.add_column(
        "lists", sa.Column("set_aside_count", sa.Integer(), server_default=sa.text("0"), nullable=False), schema=SCHEMA
    )
    op.execute(
        "UPDATE sender.lists l SET set_aside_count = (SELECT count(*) FROM sender.recipients r"
        " WHERE r.list_id = l.id AND r.set_aside IS NOT NULL AND r.set_aside <> 'duplicate')"
    )
    for table, name in _OF_LEADS:
        op.drop_constraint(op.f(name), table, schema=SCHEMA, type_="foreignkey")
    op.drop_constraint(op.f("ck_enrolments_enrolled_is_somebody"), "enrolments", schema=SCHEMA, type_="check")
    op.drop_constraint(op.f("uq_enrolments_campaign_id_lead_id"), "enrolments", schema=SCHEMA, type_="unique")
    for name in ("ix_enrolments_recipient_id", "ix_enrolments_lead_id"):
        op.drop_index(name, table_name="enrolments", schema=SCHEMA)
    _forget_people()


def _forget_people() -> None:
    op.execute(
        """
        UPDATE sender.slots s SET state = 'gone', email_id = NULL, used_token = NULL
        FROM sender.emails m JOIN sender.enrolments e ON e.id = m.enrolment_id
        WHERE m.id = s.email_id AND e.recipient_id IS NULL
        """
    )
    op.execute(
        "DELETE FROM sender.emails m USING sender.enrolments e WHERE e.id = m.enrolment_id AND e.recipient_id IS NULL"
    )
    op.execute("DELETE FROM sender.enrolments WHERE recipient_id IS NULL")
    op.execute("UPDATE sender.enrolments SET lead_id = recipient_id")
    op.execute("UPDATE sender.emails m SET lead_id = e.lead_id FROM sender.enrolments e WHERE e.id = m.enrolment_id")
    op.drop_column("enrolments", "recipient_id", schema=SCHEMA)
    op.alter_column("enrolments", "lead_id", nullable=False, schema=SCHEMA)
    op.create_unique_constraint(
        op.f("uq_enrolments_campaign_id_lead_id"), "enrolments", ["campaign_id", "lead_id"], schema=SCHEMA
    )
    for name in ("ck_recipients_duplicate_names_the_first", "ck_recipients_nobody_is_set_aside"):
        op.drop_constraint(op.f(name), "recipients", schema=SCHEMA, type_="check")
    op.drop_index("ix_recipients_set_aside", table_name="recipients", schema=SCHEMA)
    op.execute("UPDATE sender.recipients SET set_aside = NULL WHERE set_aside <> 'invalid_address'")
    for name in ("lead_id", "fields", "duplicate_of", "taken_in"):
        op.drop_column("recipients", name, schema=SCHEMA)
    op.drop_table("leads", schema=SCHEMA)
    for old, new in _RENAMED:
        op.execute(f"ALTER TABLE {SCHEMA}.recipients RENAME CONSTRAINT {new} TO {old}")
    op.rename_table("recipients", "leads", schema=SCHEMA)
    op.create_index("ix_leads_workspace_id_email", "leads", ["workspace_id", "email"], schema=SCHEMA)
    for table, name in _OF_LEADS:
        op.create_foreign_key(
            op.f(name), table, "leads", ["lead_id"], ["id"], source_schema=SCHEMA, referent_schema=SCHEMA
        )
