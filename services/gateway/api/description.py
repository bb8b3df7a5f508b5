"""The description of the whole public API: the services' committed documents, merged."""

import functools
from typing import Any

from fastapi import APIRouter

from libs.common.app import VERSION
from libs.common.http.openapi import load_committed, merge_openapi

router = APIRouter(include_in_schema=False)

_DESCRIPTION = (
    "Upload leads, get them researched with cited sources and opening lines, and send. Sign in with `POST /auth/v1/token`."
    " Every error is problem+json with a stable `code`. Lists are paged by `cursor`."
)


@functools.cache
def merged_document() -> dict[str, Any]:
    """OpenAPI 3.1, read from the committed files once."""
    return merge_openapi(load_committed(), version=VERSION, description=_DESCRIPTION)


@router.get("/openapi.json")
async def get_openapi() -> dict[str, Any]:
    """What generated clients are made from."""
    return merged_document()
