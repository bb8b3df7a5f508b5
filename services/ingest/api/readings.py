"""Route of readings: read an upload differently."""

from uuid import UUID

from fastapi import APIRouter

from libs.common.http.dependencies import Uow
from libs.common.http.identity import CurrentIdentity
from libs.common.http.problems import PROBLEM_RESPONSES
from services.ingest.domain.reading_options import checked_options
from services.ingest.schemas.readings import ReadingOptionsIn
from services.ingest.schemas.uploads import UploadOut, upload_out
from services.ingest.use_cases.read_again import read_again

router = APIRouter(prefix="/v1/uploads", tags=["uploads"], responses=PROBLEM_RESPONSES)


@router.put("/{upload_id}/reading")
async def choose_reading(upload_id: UUID, body: ReadingOptionsIn, identity: CurrentIdentity, uow: Uow) -> UploadOut:
    """Decide how the upload is read, and have it read again: its state is `reading` then.

    409 `upload_in_use` when a job was made from it, 422 `option_invalid`, with `choices` where there are any.
    """
    options = checked_options(body.model_dump())
    return upload_out(await read_again(uow, upload_id, workspace_id=identity.workspace_id, options=options))
