"""What rows took, in sums: for which days they are shown, and what the summary sheet says of them."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.contracts.research import ModelUse, Receipt
from libs.common.errors import Invalid
from services.ingest.domain.usage import MOST_DAYS, Calls, Taken, day_of, in_all, period_of, usage_of
from services.ingest.schemas.usage import UsagePageOut, usage_page_out

TODAY = date(2026, 11, 27)
COUNT = st.integers(0, 10**6)
USES = st.dictionaries(
    st.sampled_from("ab"),
    st.builds(ModelUse, calls=COUNT, tokens_in=COUNT, tokens_out=COUNT, cost_microusd=COUNT),
)
RECEIPTS = st.builds(
    Receipt,
    provider_calls=st.dictionaries(st.sampled_from("xyz"), COUNT),
    provider_costs=st.dictionaries(st.sampled_from("xyz"), COUNT),
    by_model=USES,
    tokens_in=COUNT,
    tokens_out=COUNT,
    cost_microusd=COUNT,
    cache_hits=COUNT,
    sandboxed=st.booleans(),
)
ROWS = st.lists(st.tuples(st.sampled_from(("enriched", "degraded", "failed", "skipped")), RECEIPTS), max_size=8)


@given(first=ROWS, second=ROWS)
def test_parts_add_up_to_the_whole(first: list[tuple[str, Receipt]], second: list[tuple[str, Receipt]]) -> None:
    """Red when adding leaves a number out: then days would not add up to their total."""
    parts = [usage_of(first, earned=3, sandboxed=False), usage_of(second, earned=4, sandboxed=True)]
    whole = in_all([usage_of(first + second, earned=3, sandboxed=False), usage_of([], earned=4, sandboxed=True)])
    assert in_all(parts) == whole
    assert whole.real.rows + whole.sandboxed.rows == len(first) + len(second)


def test_a_providers_cost_stands_with_its_calls() -> None:
    """Red when a provider without a price is dropped, or a model's tokens go to another."""
    told = Receipt(
        provider_calls={"serper": 2, "website": 4},
        provider_costs={"serper": 2000},
        by_model={"m": ModelUse(calls=1, tokens_in=5, tokens_out=6, cost_microusd=7)},
    )
    usage = usage_of([("enriched", told), ("failed", told)], earned=1, sandboxed=False).real
    assert usage.providers == {"serper": Calls(4, 0, 0, 4000), "website": Calls(8)}
    assert usage.models == {"m": Calls(2, 10, 12, 14)}
    assert (usage.rows_enriched, usage.rows_failed, usage.credits) == (1, 1, 1)


@pytest.mark.parametrize(
    ("first", "last", "shown"),
    [
        (None, None, (date(2026, 10, 29), TODAY)),
        (None, date(2026, 3, 1), (date(2026, 1, 31), date(2026, 3, 1))),
        (date(2026, 11, 1), None, (date(2026, 11, 1), TODAY)),
        (date(2027, 1, 1), None, (date(2027, 1, 1), date(2027, 1, 1))),
        (None, date(1, 1, 5), (date(1, 1, 1), date(1, 1, 5))),
        (date(2024, 1, 1), date(2024, 12, 31), (date(2024, 1, 1), date(2024, 12, 31))),
    ],
)
def test_what_is_left_out_of_a_period_is_added(first: date | None, last: date | None, shown: tuple[date, date]) -> None:
    """30 days up to today; a whole leap year is not too long. Red when an end is off by one."""
    assert period_of(first, last, today=TODAY) == shown


@pytest.mark.parametrize(
    ("first", "last", "code"),
    [
        (TODAY, TODAY - timedelta(days=1), "days_reversed"),
        (TODAY - timedelta(days=MOST_DAYS), TODAY, "too_many_days"),
        (date(1, 1, 1), date(9999, 12, 31), "too_many_days"),
    ],
)
def test_a_period_that_cannot_be_shown_is_refused_by_name(first: date, last: date, code: str) -> None:
    """Red when it is shown in part, as if there were nothing else."""
    with pytest.raises(Invalid) as refused:
        period_of(first, last, today=TODAY)
    assert refused.value.code == code


def test_a_day_is_the_utc_day() -> None:
    """Red when the day is that of the clock's zone."""
    assert day_of(datetime(2026, 11, 27, 0, 30, tzinfo=timezone(timedelta(hours=2)))) == date(2026, 11, 26)
    assert day_of(datetime(2026, 11, 27, tzinfo=UTC)) == TODAY
    assert in_all([]) == Taken()


def test_a_page_of_days_is_described_as_it_is_sent() -> None:
    """Red when the description calls a field what nobody is sent, as `first` for `from`."""
    page = usage_page_out({}, first=TODAY, last=TODAY)

    assert set(page.model_dump(by_alias=True)) == set(UsagePageOut.model_json_schema()["properties"])
    assert {"from", "to"} <= set(page.model_dump(by_alias=True))
