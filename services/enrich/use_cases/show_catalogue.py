"""Show a workspace's catalogue: as it is, as it was, and what has been changed in it."""

from uuid import UUID

from libs.common.errors import NotFound
from libs.common.uow import UnitOfWork
from services.enrich.repositories import catalogues
from services.enrich.repositories.catalogues import SavedVersion


async def show_catalogue(version: int, *, workspace_id: UUID, uow: UnitOfWork) -> SavedVersion:
    """A version whole. Raises NotFound `unknown_version`."""
    found = await catalogues.load(uow.conn, workspace_id, version)
    if found is None:
        msg = f"the catalogue has no version {version}: GET /v1/catalogue/versions lists them"
        raise NotFound(msg, code="unknown_version")
    return found
