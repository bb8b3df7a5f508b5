"""What may be decided about an email of which nobody knows whether it was accepted."""

from datetime import datetime
from typing import Literal

from libs.common.errors import Conflict

Resolution = Literal["sent", "send_again"]
LOOK_UP = "look-up"
"""Who decided, where the provider itself said that it had the mail."""


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
