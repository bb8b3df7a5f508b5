"""What a catalogue was before: its versions, and going back to one."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from libs.common.http.dependencies import Uow
from libs.common.http.identity import CurrentIdentity
from libs.common.http.problems import PROBLEM_RESPONSES
from services.enrich.api.asked import AskedDep
from services.enrich.api.catalogue import changed
from services.enrich.domain.products.catalogue_edits import replace_all
from services.enrich.repositories import catalogues
from services.enrich.schemas.catalogue_answers import CatalogueOut, VersionOut, VersionPage
from services.enrich.use_cases.show_catalogue import show_catalogue

router = APIRouter(prefix="/v1/catalogue/versions", responses=PROBLEM_RESPONSES, tags=["catalogue"])
_LAST = 2**31 - 1
Version = Annotated[int, Path(ge=1, le=_LAST)]


@router.get("")
async def list_versions(
    identity: CurrentIdentity,
    uow: Uow,
    cursor: Annotated[int | None, Query(ge=1, le=_LAST)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> VersionPage:
    """Who changed what and when, newest first."""
    found = await catalogues.page(uow.conn, identity.workspace_id, before=cursor, limit=limit + 1)
    items = [VersionOut.of(about) for about in found[:limit]]
    return VersionPage(items=items, next_cursor=str(items[-1].version) if len(found) > limit else None)


@router.get("/{version}")
async def get_version(version: Version, identity: CurrentIdentity, uow: Uow) -> CatalogueOut:
    """The catalogue as it was."""
    return CatalogueOut.of(await show_catalogue(version, workspace_id=identity.workspace_id, uow=uow))


@router.post("/{version}/restore")
async def restore_version(version: Version, asked: AskedDep, uow: Uow, response: Response) -> CatalogueOut:
    """Make the catalogue what it was, as a version of its own. Jobs under way keep the version they began with."""
    old = await show_catalogue(version, workspace_id=asked.workspace_id, uow=uow)
    edit = partial(replace_all, wanted=old.catalogue, change=f"Version {version} restored")
    return await changed(edit, asked, uow, response)
