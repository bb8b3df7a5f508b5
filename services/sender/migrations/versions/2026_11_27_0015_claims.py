"""Claims write the row of an email alone: no index names what they change, and batches say where leases run out."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

SCHEMA = "sender"
_STAGE = "CASE state WHEN 'claimed' THEN 'planned' ELSE state END"
_BEFORE = (
    ("ix_emails_unknown", ["mailbox_id", "sending_at"], "state = 'unknown'"),
    ("ix_emails_leased", ["lease_until"], "state IN ('claimed', 'sending')"),
    ("ix_emails_campaign_id_state", ["campaign_id", "state"], None),
)
_AFTER = (
    ("ix_emails_unknown", ["mailbox_id", "sending_at"], "stage = 'unknown'"),
    ("ix_emails_sending", ["sending_at"], "stage = 'sending'"),
    ("ix_emails_campaign_id_stage", ["campaign_id", "stage"], None),
)


def upgrade() -> None:
    _drop(_BEFORE)
    # Room in each page for the next version of a row: the column that is added writes all of them anew.
    op.execute("ALTER TABLE sender.emails SET (fillfactor = 80)")
    op.add_column("emails", sa.Column("stage", sa.Text, sa.Computed(_STAGE, persisted=True)), schema=SCHEMA)
    _create(_AFTER)
    op.create_table(
        "claim_batches",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("email_ids", postgresql.ARRAY(sa.Uuid), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_batches")),
        schema=SCHEMA,
    )
    op.create_index("ix_claim_batches_lease_until", "claim_batches", ["lease_until"], schema=SCHEMA)
    op.execute(
        "INSERT INTO sender.claim_batches (id, email_ids, lease_until)"
        " SELECT gen_random_uuid(), array_agg(id), lease_until FROM sender.emails"
        " WHERE state = 'claimed' GROUP BY lease_until"
    )


def downgrade() -> None:
    op.drop_table("claim_batches", schema=SCHEMA)
    _drop(_AFTER)
    op.drop_column("emails", "stage", schema=SCHEMA)
    op.execute("ALTER TABLE sender.emails RESET (fillfactor)")
    _create(_BEFORE)


def _drop(indexes: tuple[tuple[str, list[str], str | None], ...]) -> None:
    for name, _, _ in indexes:
        op.drop_index(name, table_name="emails", schema=SCHEMA)


def _create(indexes: tuple[tuple[str, list[str], str | None], ...]) -> None:
    for name, columns, where in indexes:
        op.create_index(
            name, "emails", columns, schema=SCHEMA, postgresql_where=None if where is None else sa.text(where)
        )
