"""Route of lists that are made of an upload as it is."""

from uuid import UUID

from fastapi import APIRouter

from libs.common.http.dependencies import Uow
from libs.common.http.idempotency import RequiredKey
from libs.common.http.identity import CurrentIdentity
from libs.common.http.problems import PROBLEM_RESPONSES
from services.ingest.schemas.plain_lists import PlainListIn, PlainListOut, plain_list_out
from services.ingest.use_cases.make_plain_list import make_plain_list

router = APIRouter(prefix="/v1/uploads", tags=["uploads"], responses=PROBLEM_RESPONSES)


@router.post("/{upload_id}/list", status_code=201)
async def make_list(
    upload_id: UUID, body: PlainListIn, identity: CurrentIdentity, uow: Uow, idempotency_key: RequiredKey
) -> PlainListOut:
    """Make a list of an upload that can be written to without research, free; its parts follow within seconds.

    404 `unknown_upload`; 409 `upload_not_ready`, `idempotency_key_reused`; 422 `email_column_missing`, `mapping_invalid`.
    """
    made = await make_plain_list(
        uow, body.to_request(upload_id), workspace_id=identity.workspace_id, idempotency_key=idempotency_key
    )
    return plain_list_out(made)
