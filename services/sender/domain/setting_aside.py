"""Why a row of a list is not written to: which reason holds, and in words."""

from typing import Literal, get_args

from services.sender.domain.role_addresses import is_role

Reason = Literal["duplicate", "invalid_address", "role_address", "suppressed", "no_mx"]
Takeable = Literal["role_address", "no_mx"]
"""Reasons that a person may overrule; the others are facts."""
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


def reason_of(address: str, *, keeps_roles: bool, suppressed: bool, takes_no_mail: bool) -> Reason | None:
    """Why a row with this valid address is set aside; None when it can be written to."""
    if suppressed:
        return "suppressed"
    if not keeps_roles and is_role(address):
        return "role_address"
    return "no_mx" if takes_no_mail else None
