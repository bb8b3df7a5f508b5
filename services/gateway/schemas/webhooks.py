"""Webhooks, as the HTTP edge takes and shows them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field, StrictBool, StringConstraints

from services.gateway.domain.webhook_events import EventType
from services.gateway.domain.webhooks import Cause, State
from services.gateway.schemas.members import Body

Url = Annotated[str, Field(min_length=1, max_length=2000, examples=["https://hooks.example.com/corofy"])]
Description = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=200, pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$")
]
Events = Annotated[list[EventType], Field(min_length=1, max_length=50, examples=[["job.completed", "job.failed"]])]
AnyEvent = EventType | Literal["webhook.test"]


class NewWebhook(Body):
    """Where to send what. `events` are types of `GET /v1/webhook-events`."""

    url: Url
    events: Events
    description: Description = ""


class WebhookChange(Body):
    """What is left out stays as it is."""

    url: Url | None = None
    events: Events | None = None
    description: Description | None = None
    enabled: StrictBool | None = None


class WebhookOut(BaseModel):
    """An endpoint, without its secret. `disabled_because`: a person did it, it answered 410 (`gone`), or all that it answered
    for three days were failures (`failing`). Until `old_secret_until` the secret before this one signs as well."""

    id: UUID
    url: str
    description: str
    events: Sequence[EventType]
    enabled: bool
    disabled_because: Cause | None
    disabled_at: datetime | None
    failing_since: datetime | None
    old_secret_until: datetime | None
    created_at: datetime


class MadeWebhookOut(WebhookOut):
    """With the secret that its messages are signed with: it is shown this once."""

    secret: Annotated[str | None, Field(examples=["whsec_…"])]


class WebhookPage(BaseModel):
    """Newest first."""

    items: Sequence[WebhookOut]
    next_cursor: str | None


class DeliveryOut(BaseModel):
    """A message to an endpoint. `event_id` is its `webhook-id`; `status`, `answer` (its first kilobyte) and `error` tell of the
    last attempt; `next_try_at` is there as long as it waits."""

    id: UUID
    event_id: UUID
    event_type: AnyEvent
    state: State
    attempts: int
    status: int | None
    answer: str | None
    error: str | None
    created_at: datetime
    tried_at: datetime | None
    next_try_at: datetime | None
    ended_at: datetime | None


class DeliveryPage(BaseModel):
    """Newest first."""

    items: Sequence[DeliveryOut]
    next_cursor: str | None


class WebhookEventOut(BaseModel):
    """A type that can be chosen: the JSON schema of what is sent, and an example of it."""

    model_config = {"protected_namespaces": ()}

    type: EventType
    description: str
    body_schema: Annotated[dict[str, Any], Field(examples=[{"type": "object"}])]
    example: Annotated[dict[str, Any], Field(examples=[{"type": "job.completed"}])]


class WebhookEventsOut(BaseModel):
    """Every type there is."""

    items: Sequence[WebhookEventOut]
