"""What our own issuer says of itself."""

from typing import Any

from libs.common.app import VERSION
from services.gateway.api.access import CurrentResources
from services.gateway.api.issuer import issuer_router

router = issuer_router()


@router.get("/health", openapi_extra={"security": []})
async def get_health() -> dict[str, str]:
    """It is there."""
    return {"version": VERSION, "name": "GoTrue", "description": "Corofy's own issuer, which speaks as GoTrue does"}


@router.get("/settings", openapi_extra={"security": []})
async def get_settings(resources: CurrentResources) -> dict[str, Any]:
    """How people may sign in."""
    return {
        "external": {"email": True, "phone": False, "anonymous_users": False},
        "disable_signup": False,
        "mailer_autoconfirm": not resources.settings.confirms_sign_ups,
        "phone_autoconfirm": False,
        "sms_provider": "",
        "saml_enabled": False,
    }


@router.get("/.well-known/jwks.json", openapi_extra={"security": []})
async def get_jwks() -> dict[str, list[dict[str, str]]]:
    """The public keys that tokens are signed with: none, as they are signed with a secret. Ask `/auth/v1/user`."""
    return {"keys": []}
