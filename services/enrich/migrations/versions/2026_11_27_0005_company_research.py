"""What was found out about a company, for the rows that share it; and the stages of a row that has two parts."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

SCHEMA = "enrich"
_STAGES = "stage IN ('company_sources', 'company', 'person_sources', 'person', 'result')"
_STAGES_BEFORE = "stage IN ('searches', 'research', 'result')"


def upgrade() -> None:
    op.create_table(
        "company_research",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("holder", sa.Uuid(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("payload", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "key", name="pk_company_research"),
        sa.CheckConstraint("num_nulls(found_at, payload) IN (0, 2)", name="ck_company_research_found"),
        schema=SCHEMA,
    )
    op.create_index("ix_company_research_lease_until", "company_research", ["lease_until"], schema=SCHEMA)
    _allow_stages(_STAGES)


def downgrade() -> None:
    _allow_stages(_STAGES_BEFORE)
    op.drop_table("company_research", schema=SCHEMA)


def _allow_stages(stages: str) -> None:
    """What a row had come to is found out anew: nobody reads stages of another kind. Its result stays."""
    # Named by the convention on top of the name it was given.
    op.drop_constraint("ck_checkpoints_ck_checkpoints_stage", "checkpoints", schema=SCHEMA)
    op.execute("DELETE FROM enrich.checkpoints WHERE stage <> 'result'")
    op.create_check_constraint("ck_checkpoints_stage", "checkpoints", stages, schema=SCHEMA)
