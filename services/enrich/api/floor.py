"""What routes need of the process: what the chunks in hand share."""

from typing import Annotated

from fastapi import Depends, Request

from libs.common.platform import Parts
from services.enrich.in_flight.floor import Floor


def floor_of(request: Request) -> Floor:
    """What the chunks in hand share."""
    parts: Parts = request.app.state.parts
    assert isinstance(parts.resources, Floor)
    return parts.resources


FloorDep = Annotated[Floor, Depends(floor_of)]
