"""What billing says: prices, holds, ledger movements."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from libs.common.contracts.envelope import Event


class PricesChanged(Event):
    """A version of the price list. Prices are whole credits per unit; jobs keep the version they were made at."""

    type = "billing.prices.changed"

    price_version: int = Field(ge=1)
    credits_per_row: int = Field(ge=0)
    credits_per_lead: int = Field(default=1, ge=0)


HoldSubject = Literal["job", "sourcing"]
"""What credits are held for. `job_id` is the subject's id, of whichever kind."""


class HoldPlaced(Event):
    """`credits` are set aside for the job (or sourcing)."""

    type = "billing.hold.placed"

    job_id: UUID
    credits: int = Field(ge=0)
    subject: HoldSubject = "job"


class HoldDeclined(Event):
    """Not enough credits. An answer for good: more credits need a new job."""

    type = "billing.hold.declined"

    job_id: UUID
    needed: int
    available: int
    subject: HoldSubject = "job"


class HoldRaised(Event):
    """`credits` in all are set aside for the job now; `round` says which raise this answers."""

    type = "billing.hold.raised"

    job_id: UUID
    round: int = Field(ge=1)
    credits: int = Field(ge=0)


class HoldRaiseDeclined(Event):
    """The raise cannot be paid: `needed` more credits, `available` there are. What is held stays held."""

    type = "billing.hold.raise_declined"

    job_id: UUID
    round: int = Field(ge=1)
    needed: int
    available: int


class HoldQuestioned(Event):
    """Unheard of for 24 h, or stuck in settling: is the job alive?"""

    type = "billing.hold.questioned"

    job_id: UUID
    round: int = Field(ge=1)
    subject: HoldSubject = "job"


class _LedgerMovement(Event):
    job_id: UUID | None = None
    credits: int = Field(ge=0)
    available: int


class CreditsCaptured(_LedgerMovement):
    """Charged for a chunk of delivered rows."""

    type = "billing.credits.captured"


class CreditsReleased(_LedgerMovement):
    """Given back from a hold."""

    type = "billing.credits.released"


class CreditsGranted(_LedgerMovement):
    """New credits."""

    type = "billing.credits.granted"

    kind: Literal["plan", "purchased", "promotional", "adjustment"]
    expires_at: datetime | None = None
