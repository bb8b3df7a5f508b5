"""The internal route by which the gateway reads what a service has of a workspace."""

from contextlib import AsyncExitStack

from fastapi import APIRouter

from libs.common.belonging import Belongings
from libs.common.errors import Forbidden
from libs.common.http.dependencies import OpenUowDep
from libs.common.http.identity import CurrentIdentity, Identity
from libs.common.http.streams import HeldStream
from libs.common.telling import tell

PATH = "/internal/export"


def check_owner(identity: Identity) -> None:
    """Raises Forbidden for whoever does not own the workspace."""
    if identity.role != "owner":
        raise Forbidden("only an owner may take a whole workspace away: ask one of them", code="owners_only")


def export_router(belongings: Belongings) -> APIRouter:
    """`GET /internal/export`: NDJSON, in no public document; for owners only."""
    router = APIRouter(include_in_schema=False)

    @router.get(PATH)
    async def export(identity: CurrentIdentity, open_uow: OpenUowDep) -> HeldStream:
        """Every row that an export has, as `libs.common.telling` writes it."""
        check_owner(identity)
        lines = tell(belongings, workspace_id=identity.workspace_id, open_uow=open_uow)
        held = AsyncExitStack()
        held.push_async_callback(lines.aclose)
        return HeldStream(lines, held=held, media_type="application/x-ndjson")

    return router
