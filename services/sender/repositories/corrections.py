"""Lines changed after their list was published: the newest of each is kept, and its row has it until it was sent."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import text, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.sender.tables import line_corrections, lists

_KEPT = ("attempt", "version", "line", "product", "pitch", "status", "sandboxed")
_APPLY = text(
    """
    WITH changed AS (
        SELECT r.id, r.sandboxed AS was_sandboxed, c.line, c.product, c.pitch, c.status, c.sandboxed
        FROM sender.line_corrections c
        JOIN sender.recipients r ON r.list_id = c.list_id AND r.row_no = c.row_no
        WHERE c.list_id = :list_id AND c.row_no = ANY (:row_nos)
          AND NOT EXISTS (SELECT FROM sender.enrolments n JOIN sender.emails e ON e.enrolment_id = n.id
                          WHERE n.recipient_id = r.id AND e.state IN ('sending', 'sent', 'unknown'))
        FOR UPDATE OF r
    ),
    written AS (
        UPDATE sender.recipients r
        SET line = c.line, product = c.product, pitch = c.pitch, status = c.status, sandboxed = c.sandboxed
        FROM changed c WHERE r.id = c.id
    )
    SELECT coalesce(sum(sandboxed::int - was_sandboxed::int), 0)::int FROM changed
    """
)


async def keep_newest(conn: AsyncConnection, list_id: UUID, lines: Sequence[Mapping[str, object]]) -> list[int]:
    """Keep the lines that are newer than what is kept for their rows; answers which rows those are of."""
    newer: list[int] = []
    for line in lines:
        offered = insert(line_corrections).values({"list_id": list_id, **line})
        kept = offered.on_conflict_do_update(
            index_elements=["list_id", "row_no"],
            set_={name: offered.excluded[name] for name in _KEPT},
            where=tuple_(line_corrections.c.attempt, line_corrections.c.version)
            < tuple_(offered.excluded.attempt, offered.excluded.version),
        )
        newer += (await conn.execute(kept.returning(line_corrections.c.row_no))).scalars()
    return newer


async def apply(conn: AsyncConnection, list_id: UUID, row_nos: Sequence[int]) -> int:
    """Write the kept lines to these rows, but for those that were sent, or may have been.

    Answers by how many more of the rows are sandboxed now. Again, it changes nothing.
    """
    return (await conn.execute(_APPLY, {"list_id": list_id, "row_nos": list(row_nos)})).scalar_one()


async def count_sandboxed(conn: AsyncConnection, list_id: UUID, *, more: int) -> None:
    """So many more rows of a list are sandboxed."""
    values = {"sandboxed_count": lists.c.sandboxed_count + more}
    await conn.execute(update(lists).where(lists.c.id == list_id).values(values))
