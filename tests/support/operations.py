"""What an operator sees of a running stack: dead letters and status, with an identity signed by the stack's own secret."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx

from deploy.local.stack import LocalStack
from libs.common.clock import utc_now
from libs.common.http.identity import IDENTITY_HEADER, Identity, sign_identity

_NOBODY = UUID(int=0)


def operator_headers(secret: str) -> dict[str, str]:
    """Headers a service believes to be an operator's."""
    identity = Identity(workspace_id=_NOBODY, user_id=_NOBODY, role="operator", request_id="test", operator=True)
    return {IDENTITY_HEADER: sign_identity(identity, secret=secret, now=utc_now())}


async def ask_operator(stack: LocalStack, service: str, path: str) -> dict[str, Any]:
    """GET an operators' route of a service."""
    headers = operator_headers(stack.env["INTERNAL_SECRET"])
    async with httpx.AsyncClient(base_url=stack.url(service), timeout=30, trust_env=False) as client:
        return (await client.get(path, headers=headers)).raise_for_status().json()


async def dead_letters_of(stack: LocalStack, service: str) -> list[dict[str, Any]]:
    """The open dead letters of a service."""
    return (await ask_operator(stack, service, "/internal/dead-letters"))["items"]
