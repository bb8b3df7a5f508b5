"""Parts of an answer, versions of a job, prices, and which provider answers."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.enrich.clients.accounts import account
from services.enrich.clients.prices import completion_microusd
from services.enrich.domain.jobs import JobView, State, newer
from services.enrich.domain.lead import read_lead
from services.enrich.domain.parts import split
from services.enrich.domain.searches import company_searches, person_searches

STATES: tuple[State, ...] = ("running", "paused", "parked", "ended")


@given(st.lists(st.integers(1, 40)), st.integers(10, 60))
def test_parts_keep_every_payload_in_order_and_fit(sizes: list[int], most: int) -> None:
    """Red when an answer is no longer split: `parts`."""
    payloads = [bytes([n % 256]) * size for n, size in enumerate(sizes)]
    parts = split(payloads, most_bytes=most)
    assert [payload for part in parts for payload in part] == payloads
    for part in parts:
        assert len(part) <= 1 or sum(map(len, part)) + len(part) <= most


def test_nothing_to_say_is_still_one_part() -> None:
    assert split([]) == [[]]


def test_whatever_the_order_of_the_news_the_highest_version_is_believed() -> None:
    """Red when versions are not compared: `job_ver`."""
    heard = [JobView(version, state) for version, state in enumerate(STATES, start=1)]
    for order in itertools.permutations([*heard, heard[0]]):
        view: JobView | None = None
        for news in order:
            view = newer(view, news)
        assert view == heard[-1]


def test_a_model_nobody_has_priced_is_not_called_cheap() -> None:
    known = completion_microusd("openai/gpt-oss-20b", tokens_in=1000, tokens_out=1000)
    assert known == 375
    assert completion_microusd("somebody/new", tokens_in=1000, tokens_out=1000) >= known


@pytest.mark.parametrize(
    ("key", "base_url", "sandbox_url", "mode", "where"),
    [
        ("k", "https://api.groq.com", "", "real", "https://api.groq.com"),
        ("k", "https://api.groq.com/", "http://127.0.0.1:9", "real", "https://api.groq.com"),
        ("k", "http://127.0.0.1:9/groq", "http://127.0.0.1:9", "sandbox", "http://127.0.0.1:9/groq"),
        ("", "https://api.groq.com", "http://127.0.0.1:9/", "sandbox", "http://127.0.0.1:9/groq"),
        ("", "https://api.groq.com", "", "missing", ""),
    ],
)
def test_a_key_means_the_real_provider_and_the_sandbox_is_always_called_so(
    key: str, base_url: str, sandbox_url: str, mode: str, where: str
) -> None:
    found = account("groq", key=key, base_url=base_url, sandbox_url=sandbox_url)
    assert (found.mode, found.base_url) == (mode, where)


def test_a_row_with_a_person_asks_three_things_and_one_without_asks_two() -> None:
    mapping = {"company": "c", "full_name": "n", "title": "t", "city": "city", "industry": "i", "website": "w"}
    cells = {
        "c": 'Halden "Oil"',
        "n": "Ingrid Solheim",
        "t": "Head of Sales",
        "city": "Moss",
        "i": "oil",
        "w": "h.example",
    }
    lead = read_lead(1, cells, mapping)
    assert [(one.kind, one.text) for one in (*company_searches(lead), *person_searches(lead))] == [
        ("company", '"Halden Oil" h.example, oil, Moss'),
        ("news", '"Halden Oil", oil, Moss'),
        ("person", '"Ingrid Solheim" "Halden Oil", Head of Sales'),
    ]
    alone = read_lead(1, {"w": "h.example"}, mapping)
    assert [one.kind for one in company_searches(alone)] == ["company", "news"]
    assert person_searches(alone) == []
