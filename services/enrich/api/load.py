"""What this replica has in hand, for operators."""

from fastapi import APIRouter

from libs.common.http.identity import OperatorIdentity
from libs.common.http.problems import PROBLEM_RESPONSES
from services.enrich.api.floor import FloorDep
from services.enrich.schemas.providers import Load

router = APIRouter(responses=PROBLEM_RESPONSES)


@router.get("/internal/load", include_in_schema=False)
async def get_load(_: OperatorIdentity, floor: FloorDep) -> Load:
    """Rows in flight in this replica."""
    return Load(rows_capacity=floor.rows_capacity, rows_with_a_slot=floor.slots.in_use, rows_in_hand=floor.leases.rows)
