"""Erased leads: who is to be erased; the history of suppressions lets go of an address."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "erasures",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text()),
        sa.Column("erased", JSONB(), nullable=False, server_default=sa.text("'{}'")),
        sa.Column("asked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
        sa.CheckConstraint("(email IS NULL) = (done_at IS NOT NULL)", name=op.f("ck_erasures_done_forgets")),
        schema="sender",
    )
    op.create_index(
        "ix_erasures_open", "erasures", ["id"], schema="sender", postgresql_where=sa.text("done_at IS NULL")
    )
    op.execute(
        """
        CREATE OR REPLACE FUNCTION sender.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'UPDATE' AND current_setting('sender.erasing', true) = 'on' THEN
                RETURN NULL;
            END IF;
            RAISE EXCEPTION '% on sender.% is refused: it is append-only', TG_OP, TG_TABLE_NAME
                USING ERRCODE = 'restrict_violation';
        END $$
        """
    )


def downgrade() -> None:
    op.execute(
        """
        CREATE OR REPLACE FUNCTION sender.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% on sender.% is refused: it is append-only', TG_OP, TG_TABLE_NAME
                USING ERRCODE = 'restrict_violation';
        END $$
        """
    )
    op.drop_table("erasures", schema="sender")
