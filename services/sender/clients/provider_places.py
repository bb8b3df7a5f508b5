"""Where mail providers with an API are reached: at their own addresses, or at the sandbox's for a mailbox that is a stand-in."""

from dataclasses import dataclass
from typing import Final

from libs.common.errors import Conflict
from services.sender.clients import instantly, mailgun, sendgrid
from services.sender.domain.mailboxes.account import Region

SANDBOX_KEY: Final = "sandbox"


@dataclass(frozen=True)
class ProviderPlaces:
    """`sandbox` is the sandbox's address; empty where there is none."""

    sendgrid: str = sendgrid.BASE_URL
    mailgun_us: str = mailgun.BASE_URLS["us"]
    mailgun_eu: str = mailgun.BASE_URLS["eu"]
    instantly: str = instantly.BASE_URL
    sandbox: str = ""

    def place(self, provider: str, *, region: Region, sandboxed: bool) -> str:
        """The base address. Raises Conflict `mailbox_unusable`: what is made up reaches nobody, and what is real everybody."""
        if sandboxed:
            if not self.sandbox:
                msg = "this mailbox is the sandbox's stand-in, and there is no sandbox here: add one with a key"
                raise Conflict(msg, code="mailbox_unusable")
            return f"{self.sandbox.rstrip('/')}/{provider}"
        found = self._real(provider, region)
        if self.is_sandboxed(provider, region=region):
            msg = f"{provider} is reached at the sandbox here, and this mailbox is a real one: its mail would reach nobody"
            raise Conflict(msg, code="mailbox_unusable")
        return found

    def is_sandboxed(self, provider: str, *, region: Region) -> bool:
        """Whether the address that is set for the provider is the sandbox's."""
        return bool(self.sandbox) and self._real(provider, region).startswith(self.sandbox.rstrip("/"))

    def _real(self, provider: str, region: Region) -> str:
        name = f"mailgun_{region}" if provider == "mailgun" else provider
        return str(getattr(self, name)).rstrip("/")
