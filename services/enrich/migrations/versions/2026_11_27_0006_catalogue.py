"""Products and the rules that choose them, by version."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

SCHEMA = "enrich"
_NOW = sa.text("now()")


def upgrade() -> None:
    _create_catalogue_versions()
    _refuse_changes()
    op.create_table(
        "job_catalogues",
        sa.Column("family_id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("family_id", name=op.f("pk_job_catalogues")),
        sa.CheckConstraint("version >= 0", name=op.f("ck_job_catalogues_version")),
        schema=SCHEMA,
    )


def downgrade() -> None:
    op.drop_table("job_catalogues", schema=SCHEMA)
    op.drop_table("catalogue_versions", schema=SCHEMA)
    op.execute("DROP FUNCTION enrich.refuse_change()")


def _create_catalogue_versions() -> None:
    op.create_table(
        "catalogue_versions",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", JSONB(), nullable=False),
        sa.Column("change", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=True),
        sa.Column("fingerprint", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("workspace_id", "version", name=op.f("pk_catalogue_versions")),
        sa.CheckConstraint("version > 0", name=op.f("ck_catalogue_versions_version")),
        schema=SCHEMA,
    )
    op.create_index(
        "uq_catalogue_versions_workspace_id_idempotency_key",
        "catalogue_versions",
        ["workspace_id", "idempotency_key"],
        unique=True,
        schema=SCHEMA,
        postgresql_where=sa.text("idempotency_key IS NOT NULL"),
    )


def _refuse_changes() -> None:
    """Jobs are chosen by a version for as long as they run: what was written stays."""
    op.execute(
        """
        CREATE FUNCTION enrich.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% on enrich.% is refused: versions are never changed', TG_OP, TG_TABLE_NAME
                USING ERRCODE = 'restrict_violation';
        END $$
        """
    )
    op.execute(
        """
        CREATE TRIGGER catalogue_versions_unchanged BEFORE UPDATE ON enrich.catalogue_versions
            FOR EACH STATEMENT EXECUTE FUNCTION enrich.refuse_change()
        """
    )
