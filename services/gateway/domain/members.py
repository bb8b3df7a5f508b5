"""Who somebody is to a workspace."""

from dataclasses import dataclass
from uuid import UUID

from libs.common.errors import Conflict, Forbidden, Invalid
from services.gateway.domain.callers import Role

MIN_PASSWORD_CHARS = 10
MAX_PASSWORD_CHARS = 200


@dataclass(frozen=True)
class Member:
    """A user in a workspace."""

    user_id: UUID
    email: str
    workspace_id: UUID
    workspace_name: str
    role: Role


@dataclass(frozen=True)
class Room:
    """How many members a workspace has, and how many its plan has room for (None: any number)."""

    members: int
    plan: str
    most: int | None


def check_room_for_member(room: Room) -> None:
    """Raises Conflict `members_reached` when the plan has no room for one more."""
    if room.most is None or room.members < room.most:
        return
    msg = (
        f"{room.members} people are members, and the {room.plan} plan has room for {room.most}:"
        " remove one, or take a larger plan"
    )
    raise Conflict(msg, code="members_reached", extra={"plan": room.plan, "limit": room.most, "members": room.members})


def check_password(password: str, *, email: str) -> None:
    """Refuse passwords that are too short to be one, absurdly long, or the address itself. Raises Invalid."""
    if len(password) < MIN_PASSWORD_CHARS:
        msg = f"the password has {len(password)} characters: use at least {MIN_PASSWORD_CHARS}"
        raise Invalid(msg, code="password_too_short")
    if len(password) > MAX_PASSWORD_CHARS:
        msg = f"the password is longer than {MAX_PASSWORD_CHARS} characters"
        raise Invalid(msg, code="password_too_long")
    if password.lower() == email.lower():
        msg = "the password is the email address: choose another"
        raise Invalid(msg, code="password_is_email")


def check_public(email: str, *, reserved: frozenset[str]) -> None:
    """Refuse a sign-up from outside for an operator's address. Raises Forbidden `address_reserved`."""
    if email in reserved:
        msg = f"{email} is an operator's: make the account on the server, with python -m services.gateway.add_operator {email}"
        raise Forbidden(msg, code="address_reserved")
