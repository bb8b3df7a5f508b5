"""The account with what keeps it going: the work that falls due, the courier of its events, the file it is kept in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from deploy.sandbox.dials import StripeDials
from deploy.sandbox.stripe import agenda_works, catalogue, events, keeping
from deploy.sandbox.stripe.account import Account
from deploy.sandbox.stripe.clock import LIVE
from deploy.sandbox.stripe.delivery import Courier
from deploy.sandbox.stripe.work import do_what_is_due

_SAVE_AFTER_S = 1.0


@dataclass(slots=True)
class StandIn:
    """Stripe, as the sandbox has it. `webhook_url` and `webhook_secret` are the endpoint that is there from the start."""

    dials: Callable[[], StripeDials]
    webhook_url: str = ""
    webhook_secret: str = ""
    file: Path | None = None
    account: Account = field(init=False)
    courier: Courier = field(init=False)
    _saved: int = 0
    _saving: asyncio.TimerHandle | None = None

    def __post_init__(self) -> None:
        agenda_works.register()
        self.account = (self.file and keeping.load(self.file)) or self._fresh()
        self._listen()
        self.courier = Courier(self.account, lambda: self.dials().webhooks)

    def reset(self) -> None:
        """An account with nothing but its catalogue, at today's time."""
        self.account = self._fresh()
        self._listen()
        self.courier.account = self.account
        self.courier.done.clear()
        self.settle()

    def work(self) -> None:
        """Do what has fallen due by the account's clock."""
        do_what_is_due(self.account, LIVE, until=self.account.now(), dials=self.dials())

    def settle(self) -> None:
        """After a change: have events sent, and the account saved soon."""
        self.courier.wake()
        if self.file is not None and self._saving is None and self.account.changes != self._saved:
            self._saving = asyncio.get_running_loop().call_later(_SAVE_AFTER_S, self._save)

    async def close(self) -> None:
        """Stop sending, and save."""
        await self.courier.close()
        if self._saving is not None:
            self._saving.cancel()
            self._save()

    def _save(self) -> None:
        self._saving = None
        if self.file is not None:
            keeping.save(self.account, self.file)
            self._saved = self.account.changes

    def _listen(self) -> None:
        """The configured endpoint takes the address and secret of today, whatever was kept."""
        if self.webhook_url and self.webhook_secret:
            events.listen(
                self.account, url=self.webhook_url, secret=self.webhook_secret, events=["*"], key=events.CONFIGURED
            )
        else:
            self.account.objects.get("webhook_endpoint", {}).pop(events.CONFIGURED, None)

    @staticmethod
    def _fresh() -> Account:
        account = Account()
        catalogue.stock(account)
        return account
