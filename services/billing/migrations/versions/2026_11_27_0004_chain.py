"""Each account's entries are chained by hashes; those that are there already, in the order in which they were written."""

from uuid import UUID

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from services.billing.domain.credits.chain import START, Entry, hash_after

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

SCHEMA = "billing"
_SLICE = 2000

_NEXT = sa.text(
    """
    SELECT * FROM billing.entries
    WHERE workspace_id = :workspace_id AND (transaction_id, line_no) > (:transaction_id, :line_no)
    ORDER BY transaction_id, line_no LIMIT :slice
    """
)
_CHAIN = sa.text(
    """
    UPDATE billing.entries e SET place = n.place, hash = n.hash
    FROM unnest(:transactions, :lines, :places, :hashes) AS n (transaction_id, line_no, place, hash)
    WHERE (e.transaction_id, e.line_no) = (n.transaction_id, n.line_no)
    """
).bindparams(
    sa.bindparam("transactions", type_=ARRAY(sa.Uuid())),
    sa.bindparam("lines", type_=ARRAY(sa.Integer())),
    sa.bindparam("places", type_=ARRAY(sa.BigInteger())),
    sa.bindparam("hashes", type_=ARRAY(sa.LargeBinary())),
)
_KEEP = sa.text(
    "UPDATE billing.accounts SET chain_length = :length, chain_head = :head WHERE workspace_id = :workspace_id"
)


def upgrade() -> None:
    head = sa.text("decode(repeat('00', 32), 'hex')")
    op.add_column(
        "accounts", sa.Column("chain_length", sa.BigInteger(), nullable=False, server_default="0"), schema=SCHEMA
    )
    op.add_column(
        "accounts", sa.Column("chain_head", sa.LargeBinary(), nullable=False, server_default=head), schema=SCHEMA
    )
    op.add_column("entries", sa.Column("place", sa.BigInteger()), schema=SCHEMA)
    op.add_column("entries", sa.Column("hash", sa.LargeBinary()), schema=SCHEMA)
    op.execute("ALTER TABLE billing.entries DISABLE TRIGGER entries_append_only")
    for workspace_id in op.get_bind().execute(sa.text("SELECT workspace_id FROM billing.accounts")).scalars().all():
        _chain(workspace_id)
    op.execute("ALTER TABLE billing.entries ENABLE TRIGGER entries_append_only")
    op.alter_column("entries", "place", nullable=False, schema=SCHEMA)
    op.alter_column("entries", "hash", nullable=False, schema=SCHEMA)
    op.create_unique_constraint(
        op.f("uq_entries_workspace_id_place"), "entries", ["workspace_id", "place"], schema=SCHEMA
    )
    op.create_check_constraint(op.f("ck_entries_chained"), "entries", "place > 0 AND length(hash) = 32", schema=SCHEMA)


def _chain(workspace_id: UUID) -> None:
    """A slice at a time, each found where the last one ended: neither memory nor time per slice grows with the history."""
    conn, length, head = op.get_bind(), 0, START
    asked = {"workspace_id": workspace_id, "slice": _SLICE, "transaction_id": UUID(int=0), "line_no": 0}
    while rows := conn.execute(_NEXT, asked).mappings().all():
        places: list[int] = []
        hashes: list[bytes] = []
        for row in rows:
            length += 1
            head = hash_after(head, Entry._make(row[name] for name in Entry._fields)._replace(place=length))
            places.append(length)
            hashes.append(head)
        keys = {"transactions": [row["transaction_id"] for row in rows], "lines": [row["line_no"] for row in rows]}
        conn.execute(_CHAIN, {**keys, "places": places, "hashes": hashes})
        asked |= {"transaction_id": rows[-1]["transaction_id"], "line_no": rows[-1]["line_no"]}
    conn.execute(_KEEP, {"length": length, "head": head, "workspace_id": workspace_id})


def downgrade() -> None:
    for table, columns in (("entries", ("hash", "place")), ("accounts", ("chain_head", "chain_length"))):
        for column in columns:
            op.drop_column(table, column, schema=SCHEMA)
