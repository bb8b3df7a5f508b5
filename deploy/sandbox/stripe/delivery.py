"""Sends events to their endpoints in the background: signed as Stripe signs, again when they are refused, or as dialled."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import orjson

from deploy.sandbox.dials import WebhookDials
from deploy.sandbox.stripe.account import Account, Delivery, public
from deploy.sandbox.world.chance import share

_WAITS_S = (0.5, 1, 2, 4, 8, 15, 30, 30, 60, 60)
"""After each refused attempt. Stripe goes on for three days; here one that has been refused so often is given up."""
_TIMEOUT_S = 10
_MOST_REMEMBERED = 5_000
_IDLE_S = 0.05


def signature(payload: bytes, *, secret: str, at: int) -> str:
    """The Stripe-Signature header: HMAC-SHA256 of `<time>.<body>` (docs.stripe.com/webhooks#verify-manually)."""
    signed = hmac.new(secret.encode(), f"{at}.".encode() + payload, hashlib.sha256).hexdigest()
    return f"t={at},v1={signed}"


@dataclass(slots=True)
class Courier:
    """The background task of one account. It runs while there is something to send."""

    account: Account
    dials: Callable[[], WebhookDials]
    done: deque[dict[str, Any]] = field(default_factory=lambda: deque[dict[str, Any]](maxlen=_MOST_REMEMBERED))
    """What became of each attempt, oldest first."""
    _task: asyncio.Task[None] | None = None

    def wake(self) -> None:
        """Begin to send, where there is something and nobody does."""
        if self.account.outgoing and (self._task is None or self._task.done()):
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def close(self) -> None:
        """Stop sending."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        async with httpx.AsyncClient(timeout=_TIMEOUT_S) as http:
            while self.account.outgoing:
                delivery = self._take()
                if delivery is None:
                    await asyncio.sleep(_IDLE_S)
                else:
                    await self._attempt(http, delivery)

    def _take(self) -> Delivery | None:
        """The next that is due: the first, or with `shuffle` any."""
        dials = self.dials()
        if dials.hold:
            return None
        now, outgoing = time.monotonic(), self.account.outgoing
        due = [one for one in outgoing if one.due_at <= now]
        if not due:
            return None
        chosen = due[0]
        if dials.shuffle:
            chosen = max(due, key=lambda one: share(str(dials.seed), one.event, str(one.attempt)))
        outgoing.remove(chosen)
        return chosen

    async def _attempt(self, http: httpx.AsyncClient, delivery: Delivery) -> None:
        dials = self.dials()
        event = self.account.find("event", delivery.event)
        endpoint = self.account.find("webhook_endpoint", delivery.endpoint)
        if event is None or endpoint is None or endpoint["status"] != "enabled":
            return
        chance = (str(dials.seed), delivery.event, str(delivery.attempt))
        if share(*chance, "drop") < dials.drop:
            self._note(delivery, status=None, said="dropped, as dialled")
            return
        if dials.delay_ms:
            await asyncio.sleep(dials.delay_ms / 1000)
        payload = orjson.dumps(
            public(event) | ({"livemode": True} if dials.livemode else {}), option=orjson.OPT_INDENT_2
        )
        secret = "whsec_wrong" if share(*chance, "signature") < dials.bad_signature else endpoint["_secret"]
        taken = share(*chance, "fail") >= dials.fail_rate and await self._post(
            http, delivery, endpoint, payload, secret
        )
        if taken:
            event["pending_webhooks"] = max(0, event["pending_webhooks"] - 1)
            for _ in range(dials.duplicate):
                await self._post(http, delivery, endpoint, payload, secret)
        elif delivery.attempt < len(_WAITS_S):
            wait_s = _WAITS_S[delivery.attempt]
            later = replace(delivery, attempt=delivery.attempt + 1, due_at=time.monotonic() + wait_s)
            self.account.outgoing.append(later)

    async def _post(
        self, http: httpx.AsyncClient, delivery: Delivery, endpoint: dict[str, Any], payload: bytes, secret: str
    ) -> bool:
        headers = {
            "content-type": "application/json; charset=utf-8",
            "user-agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
            "stripe-signature": signature(payload, secret=secret, at=int(time.time())),
        }
        try:
            answer = await http.post(endpoint["url"], content=payload, headers=headers)
        except httpx.HTTPError as error:
            self._note(delivery, status=None, said=type(error).__name__)
            return False
        self._note(delivery, status=answer.status_code, said=answer.text[:500])
        return answer.is_success

    def _note(self, delivery: Delivery, *, status: int | None, said: str) -> None:
        event = self.account.find("event", delivery.event)
        about = {"event": delivery.event, "type": event["type"] if event else None, "endpoint": delivery.endpoint}
        self.done.append(about | {"attempt": delivery.attempt, "status": status, "said": said, "at": time.time()})
