"""Which model is asked, which are left out and for how long, and in what form each is asked for JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.clock import utc_now
from services.enrich.clients.errors import DayLimitExhausted, ModelRefused, NoModel
from services.enrich.clients.models import REFUSED_FOR_S, Form, Models, body_of

A, B, C = "openai/gpt-oss-20b", "openai/gpt-oss-120b", "llama-3.3-70b-versatile"
FORM = Form("line", {"type": "object", "properties": {"line": {"type": "string"}}}, 100)
GONE = ModelRefused("groq", "no such model (HTTP 404)")


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


def over(*, hours: float | None) -> DayLimitExhausted:
    ends = None if hours is None else utc_now() + timedelta(hours=hours)
    return DayLimitExhausted("groq", f"over for {hours} h", resume_at=ends)


def test_the_first_that_has_not_refused_is_asked() -> None:
    """Red when a model that refuses is asked by each row again, or never again."""
    clock = Clock()
    models = Models([A, B, C], clock)
    assert models.next() == A
    models.leave_out(A, GONE)
    assert (models.next(), models.next(without=[B]), models.next(without=[B, C])) == (B, C, None)
    clock.now += REFUSED_FOR_S + 1
    assert models.next() == A


def test_a_day_that_is_over_is_waited_for_as_long_as_the_provider_says() -> None:
    """Red when it comes back after minutes: one refused call of each row."""
    clock = Clock()
    models = Models([A, B], clock)
    models.leave_out(A, over(hours=2))
    clock.now += 7000
    assert models.next() == B
    clock.now += 300
    assert models.next() == A


def test_when_all_are_out_the_account_is_and_soon_somebody_asks_again() -> None:
    """Red when each row of a chunk asks every model again, or a replica that nobody told of the recovery never asks."""
    clock = Clock()
    models = Models([A, B], clock)
    models.leave_out(A, over(hours=5))
    models.leave_out(B, over(hours=1))
    with pytest.raises(DayLimitExhausted, match="over for 1 h"):
        models.next()
    clock.now += 6
    assert models.next() == A
    models.answered(A)
    assert models.next() == A


def test_when_none_may_be_used_somebody_has_to_choose_others() -> None:
    """Red when rows come out degraded one by one because of a name in GROQ_MODELS; the day counts where it is one."""
    models = Models([A, B])
    models.leave_out(A, GONE)
    models.leave_out(B, GONE)
    with pytest.raises(NoModel, match="none of the models openai/gpt-oss-20b, openai/gpt-oss-120b can be used"):
        models.next()
    models.leave_out(B, over(hours=None))
    with pytest.raises(DayLimitExhausted):
        models.next()


@given(
    st.lists(st.tuples(st.sampled_from([A, B, C]), st.sampled_from(["gone", "over", "answered", "wait"])), max_size=30)
)
def test_there_is_always_a_model_or_a_reason(steps: Sequence[tuple[str, str]]) -> None:
    """The model: a set of those that are out. Red when one of them is asked while another is free, or nothing is said."""
    clock, out = Clock(), set[str]()
    models = Models([A, B, C], clock)
    for model, what in steps:
        if what == "answered":
            models.answered(model)
            out.discard(model)
        elif what == "wait":
            clock.now += 1
        else:
            models.leave_out(model, GONE if what == "gone" else over(hours=9))
            out.add(model)
    free = [one for one in (A, B, C) if one not in out]
    try:
        asked = models.next()
    except (NoModel, DayLimitExhausted):
        assert not free
    else:
        assert asked == free[0] if free else asked in out


def test_a_model_is_held_to_the_schema_or_told_it() -> None:
    """Red when a model that takes no json_schema is asked for one (400), or is not told the form at all."""
    strict = body_of(A, system="Rules.", user="{}", form=FORM)
    assert strict["response_format"]["json_schema"]["strict"] is True
    assert strict["messages"][0]["content"] == "Rules."
    told = body_of(C, system="Rules.", user="{}", form=FORM)
    assert told["response_format"] == {"type": "json_object"}
    rules, _, schema = told["messages"][0]["content"].rpartition("\n")
    assert rules.startswith("Rules.")
    assert "JSON" in rules, "Groq refuses the form where the word does not stand in the messages"
    assert orjson.loads(schema) == FORM.schema
    assert "reasoning_effort" not in told
    assert (strict["reasoning_effort"], strict["max_completion_tokens"], told["max_completion_tokens"]) == (
        "low",
        100,
        100,
    )
