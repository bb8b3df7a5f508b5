"""What an event asks of the model."""

from libs.common.contracts.envelope import Event
from libs.common.contracts.ingest import (
    ChunkCompleted,
    JobCancelled,
    JobCeilingLowered,
    JobCeilingRaised,
    JobCompleted,
    JobCreated,
    JobFailed,
    SourcingBatchRevealed,
    SourcingCreated,
    SourcingEnded,
)
from services.billing.domain.credits.postings import Subject
from tests.integration.billing.machine.model import Account


def subject_of(event: Event) -> Subject:
    """The job or sourcing that an event is about."""
    job_id = getattr(event, "job_id", None)
    return Subject("job", job_id) if job_id else Subject("sourcing", event.sourcing_id)  # type: ignore[attr-defined]


def hear(account: Account, event: Event) -> Event | None:
    """What is answered. Raises Waits for what has come too early."""
    subject = subject_of(event)
    match event:
        case JobCreated():
            return account.place(subject, event.credits, event.credits_step)
        case SourcingCreated():
            return account.place(subject, event.credits, None)
        case JobCeilingRaised():
            return account.lift(subject, event.round, event.credits, after_lowering=event.after_lowering)
        case JobCeilingLowered():
            return account.lower(subject, event.round, event.credits)
        case ChunkCompleted():
            return account.capture(subject, event.chunk_no, event.credits)
        case SourcingBatchRevealed():
            return account.capture(subject, event.batch_no, event.credits)
        case JobCompleted() | JobFailed() | JobCancelled() | SourcingEnded():
            return account.settle(subject, event.credits_total)
        case _:
            return None
