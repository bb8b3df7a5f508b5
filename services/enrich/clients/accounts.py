"""Which provider is real, which is the sandbox, and which is missing; and the accounts that workspaces bring themselves."""

from dataclasses import dataclass, field, replace
from typing import Literal
from uuid import UUID

from services.enrich.domain.account_names import account_name

Mode = Literal["real", "sandbox", "missing"]
_SANDBOX_KEY = "sandbox"
_SECRET_FROM = 8
NEEDED = ("serper", "groq")
"""Without these a row can only get the plain line. A website reader makes research better, but is not needed."""


@dataclass(frozen=True, slots=True)
class Account:
    """A provider account, and how it is reached. One with a `workspace_id` is that workspace's own.

    `name` is unique: limits, states and events go by it. `provider` is what people and metrics are told.
    """

    provider: str
    mode: Mode
    base_url: str
    key: str = field(repr=False)
    workspace_id: UUID | None = None
    name: str = field(init=False)

    def scrubbed(self, text: str) -> str:
        """What a provider says, without the key it may repeat: its words go into logs, events and answers."""
        return text.replace(self.key, "…") if len(self.key) >= _SECRET_FROM else text

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", account_name(self.provider, self.workspace_id))


def account(provider: str, *, key: str, base_url: str, sandbox_url: str) -> Account:
    """The real provider when there is a key, else the sandbox when there is one, else nothing.

    A key with a base URL inside the sandbox is still the sandbox: what it invents must be marked.
    """
    if key:
        return Account(provider, _mode_at(base_url, sandbox_url), base_url.rstrip("/"), key)
    if sandbox_url:
        return Account(provider, "sandbox", f"{sandbox_url.rstrip('/')}/{provider}", _SANDBOX_KEY)
    return Account(provider, "missing", "", "")


def unheld(provider: str, *, base_url: str, sandbox_url: str) -> Account:
    """Where a workspace's own key for a provider would be used: the provider itself, never the sandbox in its stead."""
    return Account(provider, _mode_at(base_url, sandbox_url), base_url.rstrip("/"), "")


def owned(place: Account, *, key: str, workspace_id: UUID) -> Account:
    """A workspace's own account with a provider."""
    return replace(place, key=key, workspace_id=workspace_id)


def _mode_at(base_url: str, sandbox_url: str) -> Mode:
    return "sandbox" if sandbox_url and base_url.startswith(sandbox_url) else "real"
