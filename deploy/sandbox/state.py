"""Everything the sandbox remembers while it runs."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from deploy.sandbox.calls import CallLog
from deploy.sandbox.dials import Dials
from deploy.sandbox.gate import Gate
from deploy.sandbox.llm.planted import PlantedLog
from deploy.sandbox.mail_apis.accepted import AcceptedLog
from deploy.sandbox.mail_apis.instantly_account import InstantlyAccount
from deploy.sandbox.mailbox import Mailbox
from deploy.sandbox.oauth import Desk
from deploy.sandbox.stripe.standin import StandIn
from deploy.sandbox.world.world import World


@dataclass(frozen=True, slots=True)
class SandboxSettings:
    """What the environment says. No SMTP port, no mailbox listener; port 0 takes a free one."""

    smtp_port: int | None = None
    smtp_host: str = "127.0.0.1"
    data_dir: Path | None = None
    inbox_limit: int = 10_000
    public_url: str = ""
    stripe_webhook_url: str = ""
    stripe_webhook_secret: str = ""

    @classmethod
    def from_environment(cls) -> SandboxSettings:
        """Read the variables that begin with SANDBOX_, and STRIPE_WEBHOOK_SECRET."""
        port = os.environ.get("SANDBOX_SMTP_PORT")
        folder = os.environ.get("SANDBOX_DATA_DIR")
        return cls(
            smtp_port=int(port) if port else None,
            smtp_host=os.environ.get("SANDBOX_SMTP_HOST") or "127.0.0.1",
            data_dir=Path(folder) if folder else None,
            inbox_limit=int(os.environ.get("SANDBOX_INBOX_LIMIT") or 10_000),
            public_url=(os.environ.get("SANDBOX_PUBLIC_URL") or "").rstrip("/"),
            stripe_webhook_url=os.environ.get("SANDBOX_STRIPE_WEBHOOK_URL") or "",
            # Several, while they change: the first is the one to sign with.
            stripe_webhook_secret=(os.environ.get("STRIPE_WEBHOOK_SECRET") or "").partition(",")[0].strip(),
        )


def _gates() -> dict[str, Gate]:
    names = ("serper", "groq", "firecrawl", "apollo", "apollo_reveal", "stripe", "sendgrid", "mailgun", "instantly")
    return {name: Gate(name) for name in names}


@dataclass(slots=True)
class Sandbox:
    """The world, the dials, the gates behind them, the call log, what was said wrongly on purpose, the mailbox, Stripe, what
    the mail providers have taken, and whose consents are good."""

    settings: SandboxSettings
    world: World = field(default_factory=World)
    dials: Dials = field(default_factory=Dials)
    gates: dict[str, Gate] = field(default_factory=_gates)
    calls: CallLog = field(default_factory=CallLog)
    planted: PlantedLog = field(default_factory=PlantedLog)
    sendgrid: AcceptedLog = field(default_factory=AcceptedLog)
    mailgun: AcceptedLog = field(default_factory=AcceptedLog)
    instantly: InstantlyAccount = field(default_factory=InstantlyAccount)
    oauth: Desk = field(default_factory=Desk)
    mailbox: Mailbox = field(init=False)
    stripe: StandIn = field(init=False)
    smtp_port: int | None = None

    def __post_init__(self) -> None:
        folder = self.settings.data_dir
        self.mailbox = Mailbox.open(folder / "inbox" if folder else None, limit=self.settings.inbox_limit)
        self.stripe = StandIn(
            lambda: self.dials.stripe,
            webhook_url=self.settings.stripe_webhook_url,
            webhook_secret=self.settings.stripe_webhook_secret,
            file=folder / "stripe.json" if folder else None,
        )

    def turn(self, dials: Dials) -> None:
        """Put new dials in place."""
        self.dials = dials
        for gate in self.gates.values():
            gate.turn(dials)

    def forget_mail(self) -> int:
        """Throw the mail away, and what the mail providers know of it. Answers how many mails there were."""
        self.sendgrid, self.mailgun, self.instantly = AcceptedLog(), AcceptedLog(), InstantlyAccount()
        return self.mailbox.clear()

    def reset_dials(self) -> None:
        """Put every dial at rest and forget what the limits have counted."""
        self.dials = Dials()
        for gate in self.gates.values():
            gate.reset()
