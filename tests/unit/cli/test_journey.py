"""What a person reads about a job."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pytest

from libs.cli import check, demo, journey, waiting
from libs.cli.api import Api
from libs.cli.errors import CliError
from libs.cli.journey import outcome_of, size_of, took_of
from libs.client.errors import ApiError
from libs.client.generated import models
from tests.support.examples import example
from tests.support.waiting import PATIENCE_S


def job(**changes: Any) -> models.JobOut:
    return models.JobOut.model_validate(example("JobOut", **changes))


def receipt(**changes: Any) -> models.JobReceiptOut:
    return models.JobReceiptOut.model_validate(example("JobReceiptOut", **changes))


def test_the_outcome_counts_every_row_once_and_names_only_what_happened() -> None:
    counts = {"rows_total": 1041, "rows_degraded": 0, "rows_failed": 1, "rows_skipped": 2}
    assert outcome_of(job(**counts)) == "1,038 of 1,041 rows; 1 failed; 2 skipped"
    assert outcome_of(job(rows_total=3, rows_degraded=0, rows_failed=0, rows_skipped=0)) == "3 of 3 rows"


def test_what_a_job_took_is_a_line_and_the_sandboxes_part_another() -> None:
    """Red when the sandbox's price stands as if it were paid, or a job without a call has a line of noughts."""
    calls = [
        {"provider": "groq", "calls": 3, "cost_microusd": 1},
        {"provider": "serper", "calls": 1200, "cost_microusd": 1},
    ]
    took = example("JobReceiptOut")["real"]
    took |= {"providers": calls, "tokens_in": 4000, "tokens_out": 1000, "cost_microusd": 1_234_560, "cache_hits": 7}
    nothing = {**took, "providers": [], "tokens_in": 0, "tokens_out": 0, "cost_microusd": 0}
    line = "It took 1,203 calls (3 groq, 1,200 serper) and 5,000 tokens: US$ 1.2346; 7 answers were known already"
    assert took_of(receipt(real=took, sandboxed=nothing)) == [f"{line}."]
    assert took_of(receipt(real=nothing, sandboxed=took)) == [
        f"{line}; the sandbox had a hand in it, where nothing is paid."
    ]


@pytest.mark.parametrize(
    ("size", "told"), [(0, "0 bytes"), (3_460, "3 kB"), (12_000_000, "12 MB"), (2_500_000_000, "2.5 GB")]
)
def test_a_size_is_told_as_file_managers_do(size: int, told: str, tmp_path: Path) -> None:
    file = tmp_path / "leads.csv"
    with file.open("wb") as handle:
        handle.truncate(size)
    assert size_of(file) == told


class SlowApi:
    """Says what had been announced when the call began."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys
        self.announced = ""

    async def upload(self, _: Path, **__: object) -> models.UploadOut:
        self.announced = self.capsys.readouterr().err
        raise CliError("that is all")

    def download_result_job(self, *_: object, **__: object) -> SlowApi:
        return self

    async def save(self, _: Path) -> None:
        self.announced = self.capsys.readouterr().err


async def test_what_may_take_long_is_announced_before_it_begins(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Red when a large file is sent, read or saved in silence."""
    file = tmp_path / "leads.csv"
    file.write_bytes(b"x" * 4000)
    api = SlowApi(capsys)
    with pytest.raises(CliError, match="that is all"):
        await journey.enrich_file(cast("Api", api), file)
    assert "Sending leads.csv (4 kB)" in api.announced
    await journey.save(cast("Api", api), job(), tmp_path / "out.xlsx")
    assert "Saving out.xlsx" in api.announced


async def test_a_wait_that_takes_longer_is_said_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(waiting, "SAID_AFTER_S", 0.01)
    answers = iter([None] * 8 + [True])

    async def question() -> bool | None:
        return next(answers)

    async with asyncio.timeout(PATIENCE_S):
        assert await waiting.until(question, what="Opening the account", seconds=4, every=0.01)
    assert capsys.readouterr().err.count("Waiting: opening the account") == 1


def test_a_check_names_a_step_before_it_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Red when a step that takes a minute is told only when it has ended: this one never gets that far."""
    monkeypatch.setattr(check, "STEPS", (("types", ["/no/such/program"]),))
    with pytest.raises(FileNotFoundError):
        check.check()
    assert capsys.readouterr().err.splitlines() == ["· Checking: types"]


class NobodyApi:
    """Refuses the start as the sender does when everybody has been written to."""

    async def create_campaigns(self, *_: object, **__: object) -> models.CampaignOut:
        return models.CampaignOut.model_validate(example("CampaignOut", state="draft"))

    async def start_campaign(self, _: UUID) -> None:
        msg = "no row of the list can be sent: 2 of 2 have had this very email already"
        raise ApiError(msg, status=409, code="nothing_to_send", extra={})


async def test_a_second_demo_says_why_it_sends_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """Red when a campaign that does not start is told as one that has sent and left out nobody."""
    finished = job(rows_total=2, credits_total=2)
    campaign = await journey.start_campaign(cast("Api", NobodyApi()), finished)
    demo.tell(finished, campaign, left=8, seconds=1)
    told = capsys.readouterr()
    assert "2 of 2 have had this very email already" in " ".join(told.err.split())
    assert "none: nobody on the list can be written to" in " ".join(told.out.split())
    assert "left out" not in told.out
