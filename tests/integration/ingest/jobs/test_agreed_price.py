"""A job that was agreed to at a price is started at that price, or not at all."""

import pytest

from libs.common.contracts.billing import HoldPlaced, PricesChanged
from libs.common.contracts.ingest import JobCreated
from libs.common.errors import Conflict
from services.ingest.domain.jobs import JobState
from tests.integration.ingest.jobs.steps import Ingest


async def test_a_job_is_started_at_the_price_that_was_agreed_to_and_at_no_other(ingest: Ingest) -> None:
    """Red when a price that has changed since the quote is charged without a word."""
    upload_id = await ingest.upload((3, 2))
    for quoted in (4, 6, 0):
        with pytest.raises(Conflict, match=f"5 credits at most by now, not {quoted}") as refused:
            await ingest.create(upload_id, quoted_credits=quoted)
        assert (refused.value.code, refused.value.extra["credits"]) == ("price_differs", 5)
    assert await ingest.said(JobCreated) == []
    job = await ingest.create(upload_id, quoted_credits=5)
    assert (job.state, job.credits_needed) == (JobState.RESERVING, 5)


async def test_a_repeated_order_answers_its_job_though_the_price_has_changed(ingest: Ingest) -> None:
    """Red when somebody who has lost the answer is told that nothing was started."""
    upload_id = await ingest.upload((3, 2))
    job = await ingest.create(upload_id, key="k", quoted_credits=5)
    await ingest.deliver(HoldPlaced(job_id=job.id, credits=5))
    await ingest.deliver(PricesChanged(price_version=2, credits_per_row=7))
    again = await ingest.create(upload_id, key="k", quoted_credits=5)
    assert (again.id, again.state, again.credits_needed) == (job.id, JobState.PROCESSING, 5)
    with pytest.raises(Conflict) as refused:
        await ingest.create(upload_id, key="another", quoted_credits=5)
    assert refused.value.code == "price_differs"
