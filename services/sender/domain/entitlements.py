"""What a workspace's plan allows of sending: how many mailboxes it may use."""

from dataclasses import dataclass

from libs.common.errors import Conflict


@dataclass(frozen=True)
class Mailboxes:
    """None is without limit, as is a workspace that billing has not spoken of yet."""

    plan: str = ""
    most: int | None = None


def check_mailboxes(allowed: Mailboxes, *, used: int) -> None:
    """Whether `used` mailboxes, counting the one that is wanted, are allowed. Raises Conflict `mailboxes_reached`."""
    if allowed.most is None or used <= allowed.most:
        return
    room = f"has room for {allowed.most}" if allowed.most else "has none"
    msg = f"this needs {used} mailbox{'es' if used > 1 else ''}, and the {allowed.plan} plan {room}: take a larger plan"
    raise Conflict(msg, code="mailboxes_reached", extra={"plan": allowed.plan, "limit": allowed.most, "used": used})
