"""Which providers are real, and how they are."""

from fastapi import APIRouter

from libs.common.http.dependencies import Uow
from libs.common.http.identity import CurrentIdentity
from libs.common.http.problems import PROBLEM_RESPONSES
from services.enrich.api.floor import FloorDep
from services.enrich.schemas.providers import ProviderList, ProviderOut
from services.enrich.use_cases.list_providers import list_providers

router = APIRouter(responses=PROBLEM_RESPONSES, tags=["providers"])


@router.get("/v1/providers")
async def get_providers(_: CurrentIdentity, uow: Uow, floor: FloorDep) -> ProviderList:
    """Which provider is real, which is the sandbox, which is missing, and which is out until when."""
    listed = await list_providers(uow, floor.tools)
    return ProviderList(
        items=[ProviderOut.of(account, needed=needed, state=state) for account, needed, state in listed],
        missing_providers=floor.tools.missing,
        sandboxed=floor.tools.sandboxed,
    )
