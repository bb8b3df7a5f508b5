"""Unique keys, read from the catalogue, and what a writer does who did not look whether its row is there already."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_KEYS = text("""
    SELECT t.relname, i.relname, c.conname IS NOT NULL,
        ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attnum = ANY(x.indkey))
    FROM pg_index x
    JOIN pg_class i ON i.oid = x.indexrelid
    JOIN pg_class t ON t.oid = x.indrelid
    LEFT JOIN pg_constraint c ON c.conindid = x.indexrelid AND c.contype IN ('p', 'u')
    WHERE t.relnamespace = 'billing'::regnamespace AND x.indisunique ORDER BY 1, 2
""")
_TYPES = text("""
    SELECT column_name::text, data_type::text FROM information_schema.columns
    WHERE table_schema = 'billing' AND table_name = :table AND is_generated = 'NEVER' ORDER BY ordinal_position
""")
_AGAIN = "INSERT INTO {table} ({names}) SELECT {values} FROM {table} WHERE {which}"
_A_TRANSACTION = "transaction_id = (SELECT min(transaction_id::text)::uuid FROM {table})"
_OTHER = {"bigint": "{} + 1000", "integer": "{} + 1000", "text": "{} || '-other'", "uuid": "md5({}::text)::uuid"}
"""How a column gets another value, the kinds that no foreign key minds first."""


@dataclass(frozen=True)
class Key:
    """A unique key of billing's schema."""

    table: str
    name: str
    is_constraint: bool
    columns: frozenset[str]

    def __str__(self) -> str:
        return self.name

    async def drop(self, conn: AsyncConnection) -> None:
        drop = f"ALTER TABLE billing.{self.table} DROP CONSTRAINT {self.name} CASCADE"
        await conn.execute(text(drop if self.is_constraint else f"DROP INDEX billing.{self.name}"))


async def keys_of(conn: AsyncConnection) -> list[Key]:
    """Every unique key there is."""
    return [Key(table, name, is_, frozenset(columns)) for table, name, is_, columns in await conn.execute(_KEYS)]


async def write_again(conn: AsyncConnection, key: Key, keys: list[Key]) -> int:
    """Write a row of the key's table once more under the same key, and under others of all its table's other keys. Of
    entries a whole transaction, which sums to zero. Answers how many rows."""
    columns = await conn.execute(_TYPES, {"table": key.table})
    types = {row.column_name: row.data_type for row in columns}
    changed = set[str]()
    for other in keys:
        free = other.columns - key.columns
        if other.table == key.table and other != key and not free & changed:
            changed.add(min(free, key=lambda name: list(_OTHER).index(types[name])))
    values = [_OTHER[types[name]].format(name) if name in changed else name for name in types]
    which = _A_TRANSACTION if key.table == "entries" else "ctid = (SELECT max(ctid) FROM {table})"
    parts = {"table": f"billing.{key.table}", "names": ", ".join(types), "values": ", ".join(values)}
    return (await conn.execute(text(_AGAIN.format(which=which.format(**parts), **parts)))).rowcount
