"""What stands in the way of holding credits, in plain words: too few of them, or a cap the workspace has set itself."""

INSUFFICIENT = "insufficient_credits"
_CAPS = {
    "cap_day": "your workspace's cap for today leaves {left}",
    "cap_month": "your workspace's cap for this month leaves {left}",
    "cap_member": "your own cap for this month leaves {left}",
}


def reason_of(bound: str) -> str:
    """The reason of what was declined, as states and problems carry it."""
    return INSUFFICIENT if bound == "credits" else bound


def shortage(reason: str | None, *, needed: int, available: int, then: str) -> str:
    """What is missing and what to do; `then` is what to do when it is there."""
    cap = _CAPS.get(reason or "")
    if cap is None:
        return f"{available} are available: get {needed - available} more, then {then}"
    left = cap.format(left=f"{available} credits")
    return f"{left}: wait, or ask an owner or admin to raise the cap, then {then}"
