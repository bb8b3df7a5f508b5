"""Grants that are used up: no decision but a refund, a void or a claw back touches them, so they are loaded when asked for."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.errors import NotFound
from services.billing.domain.credits.ledger import Books, Grant
from services.billing.repositories.credits import ledger
from services.billing.repositories.credits.ledger import GrantOrigin
from services.billing.tables import grants


async def join_grants(conn: AsyncConnection, books: Books, grant_ids: Iterable[UUID]) -> Books:
    """The books, which are locked, with these grants of the workspace among them.

    Raises NotFound `grant_not_found` for one that the workspace does not have.
    """
    missing = set(grant_ids) - {grant.id for grant in books.grants}
    if not missing:
        return books
    found = await conn.execute(
        select(*ledger.GRANT_COLUMNS).where(grants.c.workspace_id == books.workspace_id, grants.c.id.in_(missing))
    )
    for row in found:
        books = books.with_grant(ledger.to_grant(row))
    unknown = missing - {grant.id for grant in books.grants}
    if unknown:
        msg = f"workspace {books.workspace_id} has no grant {', '.join(sorted(map(str, unknown)))}: is workspace_id right?"
        raise NotFound(msg, code="grant_not_found")
    return books


async def add_grants(conn: AsyncConnection, before: Books, after: Books, *, origin: GrantOrigin) -> list[Grant]:
    """Rows for the grants that a decision made; the key of each is the origin's and its own id."""
    known = {grant.id for grant in before.grants}
    made = [grant for grant in after.grants if grant.id not in known]
    for grant in made:
        own = GrantOrigin(f"{origin.business_key}:{grant.id}", origin.reason, origin.actor)
        await ledger.add_grant(conn, after.workspace_id, grant, own)
    return made
