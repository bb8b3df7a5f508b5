"""Suppressions: an address or a whole domain that is not written to, by one workspace or by all, and what it rests on."""

import hashlib
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from libs.common.errors import Conflict, Invalid
from services.sender.domain.addresses import normalise

Reason = Literal["unsubscribed", "bounced", "complained", "asked", "imported", "erased"]
MAX_NOTE_CHARS = 500
_TOLD_APART_BY = 32


@dataclass(frozen=True)
class Suppression:
    """`target` is an address, or `@domain`; `workspace_id` None is for everybody. `proof` names what it rests on, such as
    the email whose link was used; `made_by` is the person, where it was one."""

    workspace_id: UUID | None
    target: str
    reason: Reason
    note: str = ""
    proof: dict[str, str] = field(default_factory=dict[str, str])
    made_by: UUID | None = None


def target_of(words: str) -> str:
    """The address, or `@domain`, in the spelling by which it is compared. Raises Invalid (`invalid_address`)."""
    words = words.strip()
    if not words.startswith("@"):
        return normalise(words)
    try:
        return "@" + normalise("x" + words).rpartition("@")[2]
    except Invalid as error:
        msg = f"{words[:100]!r} is no domain: write it as @example.com"
        raise Invalid(msg, code="invalid_address") from error


def targets_barring(address: str) -> tuple[str, str]:
    """What a normalised address is suppressed by: itself, and its domain."""
    return address, "@" + address.rpartition("@")[2]


def erased_target(address: str, *, key: bytes) -> str:
    """What stands for the normalised address of somebody who is erased: `#` and a keyed hash, SHA-256 twice, the key before
    each. `repositories/erased_targets.py` makes the same of columns."""
    inner = hashlib.sha256(key + address.encode()).digest()
    return "#" + hashlib.sha256(key + inner).hexdigest()


def erased_address(target: str) -> str:
    """What stands in place of an erased address where one has to stand: nobody's, and it says so."""
    return f"erased-{target.removeprefix('#')[:_TOLD_APART_BY]}@erased.invalid"


def check_lift(reason: str, *, note: str) -> None:
    """Raises Invalid (`note_required`) without a word on why; Conflict (`erased`) where the person was to be forgotten."""
    if not note.strip():
        raise Invalid("say why the address may be written to again", code="note_required")
    if reason == "erased":
        msg = "the person asked to be forgotten: that is never undone; they may write to you themselves"
        raise Conflict(msg, code="erased")
