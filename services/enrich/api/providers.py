"""Which providers answer a workspace, how they are, and the keys it brings itself."""

from fastapi import APIRouter

from libs.common.http.dependencies import OpenUowDep, Uow
from libs.common.http.identity import AdminIdentity, CurrentIdentity
from libs.common.http.problems import PROBLEM_RESPONSES
from services.enrich.api.floor import FloorDep
from services.enrich.schemas.providers import ProviderKeyIn, ProviderKeyOut, ProviderList, ProviderOut
from services.enrich.use_cases.delete_provider_key import delete_provider_key
from services.enrich.use_cases.list_providers import list_providers
from services.enrich.use_cases.set_provider_key import KeyRequest, set_provider_key

router = APIRouter(responses=PROBLEM_RESPONSES, tags=["providers"])


@router.get("/v1/providers")
async def get_providers(identity: CurrentIdentity, uow: Uow, floor: FloorDep) -> ProviderList:
    """Which provider is real, which is the sandbox, which is missing, which goes by your own key, and which is out until when."""
    listed = await list_providers(uow, floor.tools, identity.workspace_id)
    return ProviderList(
        items=[ProviderOut.of(one) for one in listed],
        missing_providers=[one.account.provider for one in listed if one.lacks],
        sandboxed=any(one.account.mode == "sandbox" for one in listed),
    )


@router.put("/v1/providers/{provider}/key")
async def put_provider_key(
    provider: str, body: ProviderKeyIn, identity: AdminIdentity, open_uow: OpenUowDep, floor: FloorDep
) -> ProviderKeyOut:
    """Bring your own key. It is checked with one small call, kept encrypted, and used for your jobs from then on."""
    request = KeyRequest(identity.workspace_id, provider, body.key.get_secret_value(), user_id=identity.user_id)
    stored, check = await set_provider_key(request, open_uow=open_uow, tools=floor.tools, keyring=floor.keyring)
    return ProviderKeyOut.of(stored, check)


@router.delete("/v1/providers/{provider}/key", status_code=204)
async def remove_provider_key(provider: str, identity: AdminIdentity, uow: Uow) -> None:
    """Take your key away: your jobs go by the shared account again, where there is one."""
    await delete_provider_key(uow, identity.workspace_id, provider)
