"""People in a workspace: invited by mail, as they would be."""

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import select

from services.gateway.repositories import entitlements
from services.gateway.tables import mails
from tests.integration.gateway.conftest import Gateway


@dataclass(frozen=True)
class Person:
    """Somebody who is signed in, and works in one workspace."""

    gateway: Gateway
    email: str
    user_id: str
    token: str
    workspace_id: str

    async def ask(self, method: str, path: str, body: object = None, **headers: str) -> httpx.Response:
        """A request of theirs in the workspace."""
        chosen = {"X-Workspace-Id": self.workspace_id} if self.workspace_id else {}
        named = {"Authorization": f"Bearer {self.token}", **chosen, **headers}
        return await self.gateway.client.request(method, f"/v1/{path}", json=body, headers=named)

    async def did(self, method: str, path: str, body: object = None, *, status: int = 200) -> Any:
        """A request that must succeed. Answers what it was answered."""
        answer = await self.ask(method, path, body)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    async def refused(self, method: str, path: str, body: object = None) -> tuple[int, str]:
        """A request that must fail. Answers its status and code."""
        answer = await self.ask(method, path, body)
        assert answer.status_code >= 400, answer.text
        return answer.status_code, answer.json()["code"]

    def within(self, workspace_id: str) -> "Person":
        """The same, at work elsewhere."""
        return Person(self.gateway, self.email, self.user_id, self.token, workspace_id)


async def owner(gateway: Gateway, email: str) -> Person:
    """Somebody new with a workspace of their own."""
    session = await gateway.sign_up(email)
    return Person(gateway, email, session["user_id"], session["access_token"], session["workspace_id"])


async def mailed_token(gateway: Gateway, address: str) -> str:
    """What stands in the newest invitation to an address."""
    query = select(mails.c.body_text).where(mails.c.address == address, mails.c.kind == "invitation")
    async with gateway.platform.open_uow() as uow:
        text = (await uow.conn.execute(query.order_by(mails.c.id.desc()).limit(1))).scalar_one()
    found = re.search(r"#token=([\w-]+)", text)
    assert found, text
    return found[1]


async def join(boss: Person, email: str, role: str) -> Person:
    """Somebody new, invited and come, at work in the boss's workspace. An owner is made of an admin."""
    await boss.did("POST", "invitations", {"email": email, "role": "admin" if role == "owner" else role}, status=201)
    person = await owner(boss.gateway, email)
    await person.did("POST", "invitations/accept", {"token": await mailed_token(boss.gateway, email)})
    if role == "owner":
        await boss.did("PATCH", f"members/{person.user_id}", {"role": "owner"})
    return person.within(boss.workspace_id)


async def room_for(gateway: Gateway, workspace_id: str, members: int) -> None:
    """The workspace's plan has room for so many."""
    async with gateway.platform.open_uow() as uow:
        await entitlements.save(
            uow.conn, UUID(workspace_id), version=1, plan="free", members=members, api_requests_per_minute=None
        )
