"""What jobs and days took, as the API shows it."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from pydantic import BaseModel, Field

from services.ingest.domain.usage import COUNTS, Calls, Taken, Usage, in_all


class ProviderCallsOut(BaseModel):
    """Answered calls to a provider (`website`: pages we read ourselves). Its tokens are told by its models."""

    provider: str
    calls: int
    cost_microusd: int


class ModelCallsOut(BaseModel):
    """Completions of a model."""

    model: str
    calls: int
    tokens_in: int
    tokens_out: int
    cost_microusd: int


class UsageOut(BaseModel):
    """Sums over the rows that were answered. `cost_microusd` is what providers take for them by their price lists, in millionths
    of a US dollar; `duration_ms` is what the rows took one by one, side by side as they are worked on."""

    rows_enriched: int
    rows_degraded: int
    rows_failed: int
    rows_skipped: int
    credits: int
    attempts: int
    cache_hits: int
    duration_ms: int
    tokens_in: int
    tokens_out: int
    cost_microusd: int
    providers: list[ProviderCallsOut]
    models: list[ModelCallsOut]


class TakenOut(BaseModel):
    """What was really asked of providers, and apart from it the rows that stand-ins had a hand in: these cost nothing, and
    their cost is what it would have been. Credits go by the mark of the job."""

    real: UsageOut
    sandboxed: UsageOut


class JobReceiptOut(TakenOut):
    """What a job's rows took; `with_retries`: of a list and all its retries. Rows taken over from a trial are the trial's."""

    job_id: UUID
    with_retries: TakenOut | None


class UsageDayOut(TakenOut):
    """What a workspace's rows took on a UTC day."""

    day: date


class UsagePageOut(BaseModel):
    """The days from `from` to `to` (UTC, both included) on which rows were answered, in order, and their sum."""

    # The description calls a field as `alias` does, whatever `serialization_alias` says.
    first: date = Field(alias="from")
    last: date = Field(alias="to")
    total: TakenOut
    days: list[UsageDayOut]


def job_receipt_out(job_id: UUID, taken: Taken, *, with_retries: Taken | None) -> JobReceiptOut:
    """The API's view of a job's sums."""
    family = None if with_retries is None else TakenOut(**_parts(with_retries))
    return JobReceiptOut(job_id=job_id, with_retries=family, **_parts(taken))


def usage_page_out(days: Mapping[date, Taken], *, first: date, last: date) -> UsagePageOut:
    """The API's view of a workspace's days."""
    return UsagePageOut.model_validate(
        {
            "from": first,
            "to": last,
            "total": TakenOut(**_parts(in_all(days.values()))),
            "days": [UsageDayOut(day=day, **_parts(taken)) for day, taken in days.items()],
        }
    )


def _parts(taken: Taken) -> dict[str, UsageOut]:
    return {"real": _usage_out(taken.real), "sandboxed": _usage_out(taken.sandboxed)}


def _usage_out(usage: Usage) -> UsageOut:
    return UsageOut(
        **{name: getattr(usage, name) for name in COUNTS},
        providers=[
            ProviderCallsOut(provider=name, calls=one.calls, cost_microusd=one.cost_microusd)
            for name, one in sorted(usage.providers.items())
        ],
        models=[_model_out(name, one) for name, one in sorted(usage.models.items())],
    )


def _model_out(name: str, calls: Calls) -> ModelCallsOut:
    return ModelCallsOut(
        model=name,
        calls=calls.calls,
        tokens_in=calls.tokens_in,
        tokens_out=calls.tokens_out,
        cost_microusd=calls.cost_microusd,
    )
