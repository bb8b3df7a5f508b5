"""Sourcings: leads searched for at Apollo, revealed in batches, and delivered as an upload."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_STATES = (
    "state IN ('reserving', 'declined', 'searching', 'revealing', 'delivering', 'parked', 'completed', 'cancelled',"
    " 'failed')"
)


def upgrade() -> None:
    op.add_column(
        "uploads",
        sa.Column("sandboxed", sa.Boolean, nullable=False, server_default=sa.text("false")),
        schema="ingest",
    )
    _create_sourcings()
    _create_people_and_batches()
    _create_known_people()
    _create_pauses()


def downgrade() -> None:
    for table in ("apollo_pauses", "known_people", "sourcing_batches", "sourcing_people", "sourcings"):
        op.drop_table(table, schema="ingest")
    op.drop_column("uploads", "sandboxed", schema="ingest")


def _instant(name: str, *, nullable: bool = True, now: bool = False) -> sa.Column[object]:
    default = sa.text("now()") if now else None
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable and not now, server_default=default)


def _counts(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer, nullable=False) for name in names]


def _create_sourcings() -> None:
    op.create_table(
        "sourcings",
        *(sa.Column(name, sa.Uuid, nullable=False) for name in ("id", "workspace_id", "user_id")),
        sa.Column("idempotency_key", sa.Text),
        sa.Column("request_fingerprint", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("filters", postgresql.JSONB, nullable=False),
        sa.Column("skip_known", sa.Boolean, nullable=False),
        sa.Column("wanted", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("message", sa.Text),
        _instant("resume_at"),
        _instant("due_at"),
        sa.Column("matches", sa.BigInteger),
        sa.Column("searched", sa.Boolean, nullable=False),
        *_counts("pages", "people", "batches", "leads", "failures", "price_version", "credits_per_lead"),
        sa.Column("credits_held", sa.BigInteger, nullable=False),
        sa.Column("credits_total", sa.BigInteger, nullable=False),
        sa.Column("credits_available", sa.BigInteger),
        sa.Column("sandboxed", sa.Boolean, nullable=False),
        sa.Column("upload_id", sa.Uuid),
        _instant("created_at", nullable=False),
        _instant("state_changed_at", nullable=False),
        _instant("finished_at"),
        _instant("asked_at", now=True),
        _instant("stepped_at"),
        sa.Column("lease_token", sa.Uuid),
        _instant("lease_until"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sourcings")),
        sa.ForeignKeyConstraint(
            ["upload_id"], ["ingest.uploads.id"], name=op.f("fk_sourcings_upload_id_uploads"), ondelete="SET NULL"
        ),
        sa.UniqueConstraint("workspace_id", "idempotency_key", name=op.f("uq_sourcings_workspace_id_idempotency_key")),
        sa.CheckConstraint(_STATES, name=op.f("ck_sourcings_state_known")),
        sa.CheckConstraint("wanted BETWEEN 1 AND 50000", name=op.f("ck_sourcings_as_many_as_can_be_shown")),
        sa.CheckConstraint(
            "0 <= leads AND leads <= people AND people <= wanted", name=op.f("ck_sourcings_no_more_than_wanted")
        ),
        sa.CheckConstraint(
            "credits_total = leads * credits_per_lead", name=op.f("ck_sourcings_only_leads_are_charged")
        ),
        schema="ingest",
    )
    op.create_index("ix_sourcings_workspace_id_id", "sourcings", ["workspace_id", "id"], schema="ingest")
    due, reserving = sa.text("due_at IS NOT NULL"), sa.text("state = 'reserving'")
    op.create_index("ix_sourcings_due_at", "sourcings", ["due_at"], schema="ingest", postgresql_where=due)
    op.create_index("ix_sourcings_reserving", "sourcings", ["asked_at"], schema="ingest", postgresql_where=reserving)


def _create_people_and_batches() -> None:
    op.create_table(
        "sourcing_people",
        sa.Column("sourcing_id", sa.Uuid, nullable=False),
        sa.Column("person_no", sa.Integer, nullable=False),
        sa.Column("person_id", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("sourcing_id", "person_no", name=op.f("pk_sourcing_people")),
        sa.UniqueConstraint("sourcing_id", "person_id", name=op.f("uq_sourcing_people_sourcing_id_person_id")),
        _of_sourcing("sourcing_people"),
        schema="ingest",
    )
    op.create_table(
        "sourcing_batches",
        sa.Column("sourcing_id", sa.Uuid, nullable=False),
        *_counts("batch_no", "credits"),
        sa.Column("leads", postgresql.JSONB, nullable=False),
        _instant("revealed_at", now=True),
        sa.PrimaryKeyConstraint("sourcing_id", "batch_no", name=op.f("pk_sourcing_batches")),
        sa.CheckConstraint("credits >= 0", name=op.f("ck_sourcing_batches_credits_are_not_negative")),
        _of_sourcing("sourcing_batches"),
        schema="ingest",
    )


def _of_sourcing(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_sourcing_id_sourcings")
    return sa.ForeignKeyConstraint(["sourcing_id"], ["ingest.sourcings.id"], name=name, ondelete="CASCADE")


def _create_known_people() -> None:
    op.create_table(
        "known_people",
        sa.Column("workspace_id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Text, nullable=False),
        _instant("revealed_at", now=True),
        sa.PrimaryKeyConstraint("workspace_id", "person_id", name=op.f("pk_known_people")),
        schema="ingest",
    )


def _create_pauses() -> None:
    op.create_table(
        "apollo_pauses",
        sa.Column("endpoint", sa.Text, nullable=False),
        _instant("until", nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("message", sa.Text),
        sa.PrimaryKeyConstraint("endpoint", name=op.f("pk_apollo_pauses")),
        schema="ingest",
    )
