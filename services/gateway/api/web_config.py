"""What the web app has to know before anybody has signed in: its files are the same everywhere."""

from fastapi import APIRouter, Response

from libs.common.app import VERSION
from services.gateway.api.access import CurrentResources
from services.gateway.schemas.web_config import SignInConfig, WebConfig
from services.gateway.settings import GatewaySettings

router = APIRouter(include_in_schema=False)


@router.get("/config.json")
async def get_config(response: Response, resources: CurrentResources) -> WebConfig:
    """Nothing in it is secret: whoever finds the address can read it."""
    response.headers["Cache-Control"] = "no-cache"
    return config_of(resources.settings)


def config_of(settings: GatewaySettings) -> WebConfig:
    by_supabase = bool(settings.supabase_url)
    return WebConfig(
        version=VERSION,
        environment=settings.env,
        app_base_url=settings.app_base_url.rstrip("/"),
        sandboxed=bool(settings.sandbox_url) and settings.env != "production",
        auth=SignInConfig(
            provider="supabase" if by_supabase else "corofy",
            url=settings.supabase_url,
            anon_key=settings.supabase_anon_key if by_supabase else "",
            sign_up=True,
            confirms_addresses=None if by_supabase else settings.confirms_sign_ups,
        ),
    )
