"""How provider accounts are called: `groq` is everybody's, `groq:<workspace>` is that workspace's own key."""

from uuid import UUID

OWN_KEY_PROVIDERS = ("serper", "groq", "firecrawl")
"""The providers for which a workspace may bring its own key."""


def account_name(provider: str, workspace_id: UUID | None = None) -> str:
    """The name of an account: limits, states and events go by it."""
    return provider if workspace_id is None else f"{provider}:{workspace_id}"


def provider_of(account: str) -> str:
    """Whose account it is with: what people and metrics are told."""
    return account.partition(":")[0]


def workspace_of(account: str) -> UUID | None:
    """The workspace whose own account it is; None for the shared one."""
    owner = account.partition(":")[2]
    return UUID(owner) if owner else None
