"""What the sender says: the outcome of each send."""

from uuid import UUID

from libs.common.contracts.envelope import Event


class _EmailOutcome(Event):
    campaign_id: UUID
    email_id: UUID
    lead_id: UUID
    step: int
    recipient: str
    reason: str | None = None


class EmailSent(_EmailOutcome):
    """The provider accepted it."""

    type = "sender.email.sent"


class EmailDeferred(_EmailOutcome):
    """Proven not accepted; will be tried again."""

    type = "sender.email.deferred"


class EmailFailed(_EmailOutcome):
    """Refused for good."""

    type = "sender.email.failed"


class EmailUnknown(_EmailOutcome):
    """Nobody can know whether it was accepted. Never retried blindly; a person decides."""

    type = "sender.email.unknown"
