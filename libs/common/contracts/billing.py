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
    credits_per_column: int = Field(default=0, ge=0)
    """Per row and extra column, on top of the row."""


HoldSubject = Literal["job", "sourcing"]
"""What credits are held for. `job_id` is the subject's id, of whichever kind."""


DeclineReason = Literal["credits", "cap_day", "cap_month", "cap_member"]
"""What stood in the way: the credits there are, or a cap that the workspace has set itself."""


class HoldPlaced(Event):
    """`credits` are set aside for the job (or sourcing)."""

    type = "billing.hold.placed"

    job_id: UUID
    credits: int = Field(ge=0)
    subject: HoldSubject = "job"


class HoldDeclined(Event):
    """Not enough credits, or a cap is reached (`available` is then what it leaves). An answer for good: more credits need
    a new job."""

    type = "billing.hold.declined"

    job_id: UUID
    needed: int
    available: int
    subject: HoldSubject = "job"
    reason: DeclineReason = "credits"


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
    reason: DeclineReason = "credits"


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


class CreditsRefunded(_LedgerMovement):
    """Charged credits went back to the customer."""

    type = "billing.credits.refunded"


class CreditsTakenBack(_LedgerMovement):
    """Credits went away without being spent: a disputed or refunded payment, a void, an adjustment. `owed` is what was
    spent of them already and is paid by the next credits that come in."""

    type = "billing.credits.taken_back"

    cause: Literal["dispute", "refund", "void", "adjustment"]
    owed: int = Field(ge=0)


class BalanceLow(Event):
    """`available` has fallen below a threshold that the workspace has set. Said once until it has been above it again."""

    type = "billing.balance.low"

    threshold: int = Field(ge=0)
    available: int
    crossing: int = Field(ge=1)


class EntitlementsChanged(Event):
    """What a workspace may do now. None is without limit. A later `entitlements_version` replaces an earlier one."""

    type = "billing.entitlements.changed"

    entitlements_version: int = Field(ge=1)
    plan: str
    rows_per_job: int | None = Field(default=None, ge=0)
    concurrent_jobs: int | None = Field(default=None, ge=0)
    mailboxes: int | None = Field(default=None, ge=0)
    members: int | None = Field(default=None, ge=0)
    api_requests_per_minute: int | None = Field(default=None, ge=0)


class SubscriptionChanged(Event):
    """The workspace's subscription, as Stripe has it now. `plan` is None when there is none."""

    type = "billing.subscription.changed"

    plan: str | None
    interval: Literal["month", "year"] | None = None
    status: str
    period_ends_at: datetime | None = None
    cancels_at_period_end: bool = False


class PaymentFailed(Event):
    """A payment was refused. `amount_minor` is in the currency's smallest unit (cents). `pay_url` is where to mend it."""

    type = "billing.payment.failed"

    payment_for: Literal["subscription", "top_up"]
    amount_minor: int = Field(ge=0)
    currency: str
    reason: str
    pay_url: str | None = None
    tried: int = Field(default=1, ge=1)


class TopUpTurned(Event):
    """Credits were bought by themselves, or could not be: refused (`reason`; it is turned off until a person turns it on, and
    may still be paid at `pay_url`), or the month's maximum is reached."""

    type = "billing.top_up.turned"

    top_up_id: UUID
    state: Literal["paid", "failed", "maximum_reached"]
    credits: int = Field(ge=0)
    spent_this_month_minor: int = Field(ge=0)
    currency: str
    reason: str | None = None
    pay_url: str | None = None


class StripeEventStored(Event):
    """Stripe has told of a change; what it told is stored and waits to be applied. Internal to billing."""

    type = "billing.stripe.stored"

    stripe_event_id: str


class LedgerDiffers(Event):
    """The nightly proof found a workspace's books in contradiction. Nothing is blocked; a person must look."""

    type = "billing.ledger.differs"

    checks: list[str]


class WorkspaceErased(Event):
    """Nothing is left of a deleted workspace but what has to stay. `erased` counts the rows that have gone, by table."""

    type = "billing.workspace.erased"

    workspace_id: UUID
    erased: dict[str, int]
