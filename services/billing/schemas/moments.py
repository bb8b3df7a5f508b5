"""Moments as they are asked for: with a time zone, and so far from the ends of time that a day more or less exists too."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field

from libs.common.http.times import WrittenMoment

Moment = Annotated[WrittenMoment, Field(ge=datetime(1, 1, 2, tzinfo=UTC), lt=datetime(9999, 12, 31, tzinfo=UTC))]
