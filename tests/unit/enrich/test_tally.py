"""A receipt's parts are its whole."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.enrich.clients.accounts import Account
from services.enrich.clients.groq import Answer
from services.enrich.in_flight.tally import Tally

GROQ = Account("groq", "real", "http://groq.example", "a-key-of-groq")
SERPER = Account("serper", "sandbox", "http://serper.example", "a-key-of-serper")


def answered(model: str, *, tokens: int) -> Answer:
    return Answer({}, model, tokens, tokens + 1)


@given(
    st.lists(
        st.one_of(st.integers(0, 5000), st.tuples(st.sampled_from(("openai/gpt-oss-20b", "b")), st.integers(0, 9999)))
    )
)
def test_the_parts_by_provider_and_by_model_are_all_of_it(calls: list[Any]) -> None:
    """Counted at once, in two parts, or kept and read again. Red when a call is in the sum and in no part."""
    whole, one, other = Tally(), Tally(), Tally()
    for number, call in enumerate(calls):
        for tally in (whole, one if number % 2 else other):
            if isinstance(call, int):
                tally.call(SERPER, cost_microusd=call)
            else:
                tally.completion(GROQ, answered(call[0], tokens=call[1]))
    one.add(other)
    assert sum(whole.provider_costs.values()) == whole.cost_microusd
    assert sum(use["calls"] for use in whole.by_model.values()) == whole.provider_calls.get("groq", 0)
    for name, total in (("tokens_in", whole.tokens_in), ("tokens_out", whole.tokens_out)):
        assert sum(use[name] for use in whole.by_model.values()) == total
    assert sum(use["cost_microusd"] for use in whole.by_model.values()) == whole.provider_costs.get("groq", 0)
    assert (one.by_model, one.provider_costs, one.cost_microusd) == (
        whole.by_model,
        whole.provider_costs,
        whole.cost_microusd,
    )
