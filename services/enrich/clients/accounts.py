"""Which provider is real, which is the sandbox, and which is missing."""

from dataclasses import dataclass
from typing import Literal

Mode = Literal["real", "sandbox", "missing"]
_SANDBOX_KEY = "sandbox"
NEEDED = ("serper", "groq")
"""Without these a row can only get the plain line. A website reader makes research better, but is not needed."""


@dataclass(frozen=True, slots=True)
class Account:
    """A provider account by name, and how it is reached."""

    name: str
    mode: Mode
    base_url: str
    key: str


def account(name: str, *, key: str, base_url: str, sandbox_url: str) -> Account:
    """The real provider when there is a key, else the sandbox when there is one, else nothing.

    A key with a base URL inside the sandbox is still the sandbox: what it invents must be marked.
    """
    inside = bool(sandbox_url) and base_url.startswith(sandbox_url)
    if key:
        return Account(name, "sandbox" if inside else "real", base_url.rstrip("/"), key)
    if sandbox_url:
        return Account(name, "sandbox", f"{sandbox_url.rstrip('/')}/{name}", _SANDBOX_KEY)
    return Account(name, "missing", "", "")
