"""What somebody wants of the lines reaches enrich as it was asked, or is refused before there is a job."""

from typing import Any

import pytest

from libs.common.contracts.billing import HoldPlaced
from libs.common.errors import Invalid
from tests.integration.ingest.jobs.steps import Ingest
from tests.integration.ingest.jobs.test_api import ask
from tests.support.ingest import RunningIngest


async def test_every_wish_for_the_lines_is_in_the_spec(ingest: Ingest) -> None:
    """Red when a wish is not handed on to enrich."""
    upload_id = await ingest.upload((2,))
    job = await ingest.create(
        upload_id,
        tone="formal",
        forbidden_words=("synergy",),
        line_rules="Name {product} and {Company}.",
        language="de",
    )
    await ingest.deliver(HoldPlaced(job_id=job.id, credits=2))
    await ingest.announce(rows=10_000)
    assert await ingest.dispatch() == 1
    (chunk,) = ingest.broker.chunks
    assert (chunk.spec.tone, chunk.spec.language) == ("formal", "de")
    assert chunk.spec.forbidden_words == ["synergy"]
    assert chunk.spec.line_rules == "Name {product} and {Company}."


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"line_rules": "{Compny}"}, "line_rules_invalid"),
        ({"language": "xx"}, "language_unknown"),
        ({"forbidden_words": ("…",)}, "forbidden_words_invalid"),
    ],
)
async def test_what_cannot_be_is_refused_before_there_is_a_job(us: Ingest, wish: dict[str, Any], code: str) -> None:
    """Red when a job is made whose lines nobody can write as asked."""
    upload_id = await us.upload((2,))
    with pytest.raises(Invalid) as refused:
        await us.create(upload_id, **wish)
    assert refused.value.code == code


async def test_the_form_is_listed_for_whoever_fills_it_in(service: RunningIngest, us: Ingest) -> None:
    """Red when the route is gone, or leaves out a tone or a language."""
    shown = (await ask(service, us, "GET", "/v1/line-options")).json()
    assert [tone["name"] for tone in shown["tones"]] == ["friendly", "formal", "direct", "playful"]
    assert len(shown["languages"]) >= 12
    assert {"first_name", "offer", "product"} <= set(shown["fields"])
    refused = await ask(service, us, "POST", "/v1/jobs", json={"upload_id": str(us.workspace_id), "tone": "rude"})
    assert refused.status_code == 422
