"""What may be decided about an email of which nobody knows whether it was accepted."""

from datetime import datetime, timedelta
from typing import Final, Literal

from libs.common.errors import Conflict

Resolution = Literal["sent", "send_again"]
LOOK_UP = "look-up"
"""Who decided, where the provider itself said that it had the mail."""
MOST_LOOK_UPS: Final = 7
"""With the distances between them, a provider is asked for about an hour: what it does not show by then it hardly will."""
_FIRST_DISTANCE: Final = timedelta(minutes=1)


def next_look_up(asked: int) -> timedelta:
    """How long to wait after the n-th time a provider was asked about an attempt: its log lags behind by minutes."""
    return _FIRST_DISTANCE * 2 ** max(asked - 1, 0)


def check_resolvable(state: str, *, decided: str | None, wanted: Resolution, in_hand_until: datetime | None) -> bool:
    """True when the decision is to be made, False when the very same was made before.

    Raises Conflict: `resolved_otherwise` after another decision, `not_unknown` where there is nothing to decide.
    """
    if state == "unknown":
        return True
    if decided == wanted:
        return False
    if decided is not None:
        raise Conflict(
            f"somebody has decided already: {decided}", code="resolved_otherwise", extra={"outcome": decided}
        )
    until = f" until {in_hand_until:%H:%M:%S} UTC at the latest" if in_hand_until else ""
    msg = f"the email is {state}{until}: only one whose outcome is unknown can be decided on"
    raise Conflict(msg, code="not_unknown")
