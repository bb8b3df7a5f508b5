"""People who ask to be forgotten: as the HTTP edge takes and shows them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field

from services.gateway.clients.addresses import lead_address
from services.gateway.domain.erasing import SERVICES, Erasure, Service
from services.gateway.schemas.members import Body

LeadAddress = Annotated[str, Field(max_length=320, examples=["ada@example.com"]), AfterValidator(lead_address)]


class NewErasure(Body):
    """Whom to forget, by their address."""

    email: LeadAddress


class ServiceErasure(BaseModel):
    """How far a service is. `erased` counts what it had of the person, by kind."""

    service: Service
    state: Literal["pending", "done"]
    done_at: datetime | None
    erased: dict[str, int]


class ErasureOut(BaseModel):
    """An erasure. `email` shows the first letter and the domain only."""

    id: UUID
    email: Annotated[str, Field(examples=["a…@example.com"])]
    state: Literal["pending", "done"]
    asked_by: UUID
    asked_at: datetime
    done_at: datetime | None
    services: Sequence[ServiceErasure]

    @classmethod
    def of(cls, erasure: Erasure) -> "ErasureOut":
        """Its resource."""
        answers = {answer.service: answer for answer in erasure.answers}
        services = [
            ServiceErasure(
                service=name,
                state="done" if name in answers else "pending",
                done_at=answers[name].done_at if name in answers else None,
                erased=dict(answers[name].erased) if name in answers else {},
            )
            for name in SERVICES
        ]
        return cls(
            id=erasure.id,
            email=erasure.masked,
            state="pending" if erasure.done_at is None else "done",
            asked_by=erasure.asked_by,
            asked_at=erasure.asked_at,
            done_at=erasure.done_at,
            services=services,
        )


class ErasurePage(BaseModel):
    """Newest first."""

    items: Sequence[ErasureOut]
    next_cursor: str | None
