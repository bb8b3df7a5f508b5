"""Jobs as enrich knows them, claims, checkpoints, providers."""

import sqlalchemy as sa
from alembic import op

from libs.common.migrations import create_common_tables, drop_common_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_NOW = sa.text("now()")
_TABLES = ("job_states", "row_work", "checkpoints", "provider_states")


def upgrade() -> None:
    create_common_tables("enrich")
    _create_job_states()
    _create_row_work()
    _create_checkpoints()
    _create_provider_states()


def downgrade() -> None:
    for name in _TABLES:
        op.drop_table(name, schema="enrich")
    drop_common_tables("enrich")


def _create_job_states() -> None:
    op.create_table(
        "job_states",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reaped_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("job_id", name="pk_job_states"),
        sa.CheckConstraint("state IN ('running', 'paused', 'parked', 'ended')", name="ck_job_states_state"),
        schema="enrich",
    )
    op.create_index(
        "ix_job_states_to_reap",
        "job_states",
        ["ended_at"],
        schema="enrich",
        postgresql_where=sa.text("ended_at IS NOT NULL AND reaped_at IS NULL"),
    )


def _create_row_work() -> None:
    op.create_table(
        "row_work",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.Column("spec_hash", sa.Text(), nullable=False),
        sa.Column("holder", sa.Uuid(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("job_id", "row_no", "spec_hash", name="pk_row_work"),
        schema="enrich",
    )
    op.create_index("ix_row_work_holder", "row_work", ["holder"], schema="enrich")


def _create_checkpoints() -> None:
    op.create_table(
        "checkpoints",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.Column("spec_hash", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("job_id", "row_no", "spec_hash", "stage", name="pk_checkpoints"),
        sa.CheckConstraint("stage IN ('searches', 'research', 'result')", name="ck_checkpoints_stage"),
        schema="enrich",
    )


def _create_provider_states() -> None:
    op.create_table(
        "provider_states",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("counter", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("resume_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("probe_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.PrimaryKeyConstraint("account", name="pk_provider_states"),
        sa.CheckConstraint("state IN ('up', 'out')", name="ck_provider_states_state"),
        schema="enrich",
    )
