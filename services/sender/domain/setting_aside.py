"""Why a row of a list is not written to, in words."""

from typing import Literal, get_args

Reason = Literal["duplicate", "invalid_address", "role_address", "suppressed", "no_mx"]
REASONS: tuple[Reason, ...] = get_args(Reason)

_WORDS: dict[str, str] = {
    "invalid_address": "{address} is not an address that can be written to",
    "role_address": "{address} belongs to a role, not to a person: take it in if you mean to write to it",
    "suppressed": "the address is suppressed",
    "no_mx": "the domain of {address} takes no mail",
}


def explain(reason: str, *, address: str, duplicate_of: int | None) -> str:
    """One sentence on a row that is set aside."""
    if reason == "duplicate":
        return f"row {duplicate_of} of the list has the same address"
    return _WORDS[reason].format(address=repr(address[:100]))
