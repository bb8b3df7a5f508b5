"""Asks services from the inside, with an operator's signed identity of one minute's life."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx

from deploy.local.services import SERVICES
from libs.cli.errors import CliError, ServiceError
from libs.cli.target import Target
from libs.common.clock import utc_now
from libs.common.http.identity import IDENTITY_HEADER, Identity, sign_identity
from libs.common.ids import new_id

NOBODY = UUID(int=0)
Json = dict[str, Any]


class Operator:
    """One HTTP client for all services of a target; open it with `async with`."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._client = httpx.AsyncClient(timeout=10, trust_env=False)

    async def __aenter__(self) -> Operator:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    @property
    def services(self) -> list[str]:
        return [name for name in SERVICES if name in self._target.urls]

    async def ready(self, service: str) -> tuple[bool, str]:
        """Whether /readyz (of the sandbox: /healthz) says yes, and what it says otherwise."""
        path = "/healthz" if service == "sandbox" else "/readyz"
        try:
            answer = await self._client.get(self._target.urls[service] + path)
        except httpx.TransportError:
            return False, "does not answer"
        if answer.is_success:
            return True, ""
        return False, "; ".join(answer.json().get("missing", [])) or f"HTTP {answer.status_code}"

    async def get(self, service: str, path: str) -> Json:
        return await self._ask("GET", service, path)

    async def post(self, service: str, path: str) -> Json:
        return await self._ask("POST", service, path)

    async def _ask(self, method: str, service: str, path: str) -> Json:
        who = Identity(NOBODY, NOBODY, role="operator", request_id=str(new_id()), operator=True)
        token = sign_identity(who, secret=self._target.internal_secret, now=utc_now())
        url = f"{self._target.urls[service]}/internal{path}"
        try:
            answer = await self._client.request(method, url, headers={IDENTITY_HEADER: token})
        except httpx.TransportError as error:
            raise CliError(f"{service} does not answer: ./corofy logs {service} says more.") from error
        if not answer.is_success:
            problem: Json = answer.json() if "json" in answer.headers.get("content-type", "") else {}
            detail = problem.get("detail", answer.reason_phrase)
            raise ServiceError(f"{service}: {detail}", status=answer.status_code)
        return answer.json()
