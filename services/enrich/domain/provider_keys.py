"""What a key that somebody types in must look like before anybody is asked about it."""

from libs.common.errors import Invalid, NotFound
from services.enrich.domain.account_names import OWN_KEY_PROVIDERS

_SHORTEST, _LONGEST = 16, 512
SHOWN = 4
"""The last characters of a key that are shown, so that its owner knows which one it is."""


def check_provider(provider: str) -> None:
    """Raises NotFound for a provider that takes no keys of workspaces."""
    if provider not in OWN_KEY_PROVIDERS:
        msg = f"a workspace can bring keys for {', '.join(OWN_KEY_PROVIDERS)}, not for {provider[:40]!r}"
        raise NotFound(msg, code="provider_unknown")


def read_key(text: str) -> str:
    """The key without the blanks around it. Raises Invalid `key_malformed`, which does not repeat it."""
    key = text.strip()
    if not _SHORTEST <= len(key) <= _LONGEST or not key.isascii() or not key.isprintable() or " " in key:
        msg = f"that is no API key: give {_SHORTEST} to {_LONGEST} characters without blanks, as the provider shows it"
        raise Invalid(msg, code="key_malformed")
    return key
