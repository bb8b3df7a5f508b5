"""The envelope around every event, and the base class of the payloads."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class Payload(BaseModel):
    """A frozen value on the wire. Unknown fields are ignored, so that a newer writer does not break an older reader."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Event(Payload):
    """The `data` of an envelope.

    `type` is `<service>.<entity>.<participle>`; `version` rises when a reader would break.
    """

    type: ClassVar[str]
    version: ClassVar[int] = 1
    transient: ClassVar[bool] = False
    """Transient events are published beside the outbox, unpersisted: losing one loses nothing."""

    @classmethod
    def routing_key(cls) -> str:
        return f"{cls.type}.v{cls.version}"

    @classmethod
    def source(cls) -> str:
        return cls.type.split(".", 1)[0]


@dataclass(frozen=True, slots=True)
class Written:
    """An event whose payload is JSON already: what was stored as it will be said is not parsed to be said.

    Whoever writes it answers for its fitting the event's fields.
    """

    event: type[Event]
    data: bytes


class Envelope(BaseModel):
    """What travels.

    `tenant_id` is the workspace, `correlation_id` the job or campaign, `causation_id` the message that led here.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: UUID
    type: str
    version: int = Field(ge=1)
    source: str
    occurred_at: datetime
    tenant_id: UUID | None = None
    correlation_id: UUID | None = None
    causation_id: UUID | None = None
    traceparent: str | None = None
    data: dict[str, Any]

    def routing_key(self) -> str:
        return f"{self.type}.v{self.version}"
