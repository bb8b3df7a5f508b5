"""Route of the form for opening lines: tones, languages, fields, limits."""

from fastapi import APIRouter

from libs.common.http.identity import CurrentIdentity
from libs.common.http.problems import PROBLEM_RESPONSES
from services.ingest.schemas.line_options import LineOptionsOut, line_options_out

router = APIRouter(prefix="/v1/line-options", tags=["jobs"], responses=PROBLEM_RESPONSES)


@router.get("")
async def show_line_options(_: CurrentIdentity) -> LineOptionsOut:
    """What a job can ask of its opening lines: the same for every workspace."""
    return line_options_out()
