"""The HTTP edge: which providers are real, and how they are."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from libs.common.http.dependencies import Uow
from libs.common.http.identity import CurrentIdentity, OperatorIdentity
from libs.common.http.problems import PROBLEM_RESPONSES
from libs.common.platform import Parts
from services.enrich.in_flight.floor import Floor
from services.enrich.schemas import Load, ProviderList, ProviderOut
from services.enrich.use_cases.list_providers import list_providers

router = APIRouter(responses=PROBLEM_RESPONSES)


def floor_of(request: Request) -> Floor:
    """What the chunks in hand share."""
    parts: Parts = request.app.state.parts
    assert isinstance(parts.resources, Floor)
    return parts.resources


FloorDep = Annotated[Floor, Depends(floor_of)]


@router.get("/v1/providers", tags=["providers"])
async def get_providers(_: CurrentIdentity, uow: Uow, floor: FloorDep) -> ProviderList:
    """Which provider is real, which is the sandbox, which is missing, and which is out until when."""
    listed = await list_providers(uow, floor.tools)
    return ProviderList(
        items=[ProviderOut.of(account, needed=needed, state=state) for account, needed, state in listed],
        missing_providers=floor.tools.missing,
        sandboxed=floor.tools.sandboxed,
    )


@router.get("/internal/load", include_in_schema=False)
async def get_load(_: OperatorIdentity, floor: FloorDep) -> Load:
    """Rows in flight in this replica."""
    return Load(rows_capacity=floor.rows_capacity, rows_with_a_slot=floor.slots.in_use, rows_in_hand=floor.leases.rows)
