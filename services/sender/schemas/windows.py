"""The hours of a campaign as the HTTP edge takes and shows them."""

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from services.sender.domain.windows import Window
from services.sender.schemas.base import Body

Clock = Annotated[
    str, StringConstraints(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$"), Field(examples=["09:00"], description="HH:MM")
]
IsoDay = Annotated[int, Field(ge=1, le=7)]


class WindowIn(Body):
    """The recipient's working hours: on `days` (1 is Monday), from `from` up to `to` by the clock where the recipient is.

    `skip_holidays` leaves out the public holidays there. A window over midnight is refused: window_invalid.
    """

    days: Annotated[list[IsoDay], Field(min_length=1, max_length=7)]
    from_: Annotated[Clock, Field(alias="from")]
    to: Clock
    skip_holidays: bool = True

    @property
    def window(self) -> Window:
        """Raises Invalid (window_invalid)."""
        days = frozenset(self.days)
        return Window(days, _minutes(self.from_), _minutes(self.to), skip_holidays=self.skip_holidays)


class WindowOut(BaseModel):
    """The recipient's working hours: days from 1, Monday, and times of the clock where the recipient is."""

    days: list[int]
    from_: Annotated[str, Field(alias="from", serialization_alias="from")]
    to: str
    skip_holidays: bool

    @classmethod
    def of(cls, window: Window) -> "WindowOut":
        """The window as it is shown."""
        return cls.model_validate(
            {
                "days": sorted(window.days),
                "from": _clock(window.from_min),
                "to": _clock(window.to_min),
                "skip_holidays": window.skip_holidays,
            }
        )


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
