"""What can be asked of a job after it was made, and what happened to it, as the API takes and shows them."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, StrictBool

from services.ingest.domain.timeline import sentence_of
from services.ingest.repositories.job_logs import LogEntry
from services.ingest.schemas.quotes import Credits
from services.ingest.use_cases.retry_job import RetryRequest


class RetryIn(BaseModel):
    """Which rows once more: the failed ones, the degraded ones, those that nobody got to before the list was finished or
    cancelled. `accept_degraded` is the list's unless it is said anew; `ceiling_credits` is the most it spends."""

    model_config = ConfigDict(extra="forbid")

    include_degraded: StrictBool = True
    include_not_reached: StrictBool = False
    accept_degraded: StrictBool | None = None
    ceiling_credits: Credits | None = None

    def to_request(self) -> RetryRequest:
        return RetryRequest(**self.model_dump())


class LogEntryOut(BaseModel):
    """One turn of a job: into which state, why, and by whom where it was a person."""

    id: UUID
    at: datetime
    state: str
    reason: str | None
    version: int
    user_id: UUID | None
    sentence: str


class LogPage(BaseModel):
    """A page of a job's log, oldest first."""

    items: list[LogEntryOut]
    next_cursor: str | None


def log_entry_out(entry: LogEntry) -> LogEntryOut:
    """The API's view of a turn."""
    return LogEntryOut(
        id=entry.id,
        at=entry.happened_at,
        state=entry.state.value,
        reason=entry.reason,
        version=entry.version,
        user_id=entry.user_id,
        sentence=sentence_of(entry.state, reason=entry.reason),
    )
