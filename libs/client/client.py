"""The client: every operation of the API as a method, who asks, and its events without a gap."""

from __future__ import annotations

import asyncio
import re
from asyncio import sleep
from collections.abc import AsyncGenerator
from contextlib import aclosing
from time import monotonic
from types import TracebackType
from typing import Self
from uuid import UUID

from libs.client.errors import ApiError, ClientError, Unreachable
from libs.client.generated import models
from libs.client.generated.operations import Operations
from libs.client.refusals import LONGEST_WAIT_S
from libs.client.sse import Event

_BEFORE_EXPIRY_S = 60.0
RECONNECT_S = 1.0


class Client(Operations):
    """Asks as who `token` is: an access token or an API key. Without one, `sign_in` begins a session, which is renewed.

    `workspace_id` chooses among several workspaces of one user. Raises ClientError for what cannot be a token.
    """

    def __init__(self, base_url: str, *, token: str | None = None, workspace_id: UUID | str | None = None) -> None:
        headers = {} if workspace_id is None else {"X-Workspace-Id": str(workspace_id)}
        super().__init__(base_url, headers=headers)
        self._refresh_token = ""
        self._refresh_at: float | None = None
        self._renewing = asyncio.Lock()
        if token is not None:
            self._carry(token)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    @property
    def bearer(self) -> dict[str, str]:
        """What a client of another kind sends along to be this user."""
        return {"Authorization": self._http.headers["Authorization"]}

    async def sign_in(self, email: str, password: str) -> None:
        """Begins a session. Raises ApiError `invalid_credentials`."""
        async with self._renewing:
            await self._begin_session("password", models.GrantRequest(email=email, password=password))

    async def before_asking(self) -> None:
        """An access token is short-lived, a large upload or job is not. Who asks meanwhile goes with the one that still holds."""
        if self._refresh_at is None or monotonic() < self._refresh_at or self._renewing.locked():
            return
        async with self._renewing:
            await self._begin_session("refresh_token", models.GrantRequest(refresh_token=self._refresh_token))

    async def _begin_session(self, kind: str, proof: models.GrantRequest) -> None:
        session = await self.post_auth_token(proof, grant_type=kind)
        self._carry(session.access_token)
        self._refresh_token = session.refresh_token
        self._refresh_at = monotonic() + session.expires_in - _BEFORE_EXPIRY_S

    def _carry(self, token: str) -> None:
        token = token.strip()
        if not re.fullmatch(r"[!-~]+", token):
            # Said here: what refuses it on the way to the wire would say the token, too.
            raise ClientError("The token has characters that no token has, or is empty: copy it again.")
        self._http.headers["Authorization"] = f"Bearer {token}"

    async def follow(self, *, subject: UUID | str | None = None, since: str | None = None) -> AsyncGenerator[Event]:
        """The workspace's events, or those of one job or campaign, for as long as somebody listens, without a gap.

        A stream that ends or breaks off is opened again from the last event that came, no sooner than the API says and after a
        minute at most. Raises ApiError when listening is refused for another reason than that the API is away.
        """
        while True:
            wait = RECONNECT_S
            try:
                async with aclosing(self.get_events(subject=subject, last_event_id=since)) as events:
                    async for event in events:
                        since = event.id
                        if event.data is not None:
                            yield event
            except (ApiError, Unreachable) as failure:
                if isinstance(failure, ApiError) and failure.status not in {429, 502, 503}:
                    raise
                theirs = failure.retry_after if isinstance(failure, ApiError) else None
                wait = max(wait, min(theirs or 0.0, LONGEST_WAIT_S))
            await sleep(wait)
