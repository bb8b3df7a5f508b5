"""Erased leads: who asked to be forgotten, and how far each service is."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_NOW = sa.text("now()")


def upgrade() -> None:
    op.create_table(
        "erasures",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("masked", sa.Text(), nullable=False),
        sa.Column("email", sa.Text()),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
        sa.CheckConstraint("(email IS NULL) = (done_at IS NOT NULL)", name=op.f("ck_erasures_done_forgets")),
        schema="gateway",
    )
    is_open = sa.text("done_at IS NULL")
    mine = ["workspace_id", "digest"]
    op.create_index("uq_erasures_open", "erasures", mine, unique=True, schema="gateway", postgresql_where=is_open)
    op.create_index("ix_erasures_workspace_id_id", "erasures", ["workspace_id", "id"], schema="gateway")
    op.create_index("ix_erasures_asked_at", "erasures", ["asked_at"], schema="gateway", postgresql_where=is_open)
    op.create_table(
        "erasure_answers",
        sa.Column("erasure_id", sa.Uuid(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("erased", JSONB(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.ForeignKeyConstraint(
            ["erasure_id"], ["gateway.erasures.id"], name=op.f("fk_erasure_answers_erasure_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("erasure_id", "service", name=op.f("pk_erasure_answers")),
        sa.CheckConstraint("service IN ('ingest', 'enrich', 'sender')", name=op.f("ck_erasure_answers_service")),
        schema="gateway",
    )


def downgrade() -> None:
    op.drop_table("erasure_answers", schema="gateway")
    op.drop_table("erasures", schema="gateway")
