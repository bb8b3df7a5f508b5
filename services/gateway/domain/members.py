"""Who somebody is to a workspace."""

from dataclasses import dataclass

from libs.common.errors import Conflict, Invalid

MIN_PASSWORD_CHARS = 10
MAX_PASSWORD_CHARS = 200


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
