"""What the bodies have in common."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

ShortText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00]*$")
]


class Body(BaseModel):
    """A body that says nothing but what is known."""

    model_config = ConfigDict(extra="forbid", strict=True)
