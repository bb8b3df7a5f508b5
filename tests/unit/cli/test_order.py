"""What `corofy enrich` asks of the API for its options."""

from __future__ import annotations

import pytest

from libs.cli.errors import CliError
from libs.cli.order import Order


def test_without_options_nothing_is_decided_for_the_api() -> None:
    """Red when the command has defaults of its own beside those of the API."""
    assert (Order().reading, Order().rows, Order().job) == ({}, {}, {})


def test_each_option_is_what_the_api_calls_it() -> None:
    order = Order(sheet="Leads", delimiter="tab", header_row=0, first=10, ceiling=7, columns=("Sites: how many sites",))
    assert order.reading == {"sheet": "Leads", "delimiter": "\t", "header_row": 0}
    assert order.rows == {"first_rows": 10}
    assert order.job == {
        "first_rows": 10,
        "ceiling_credits": 7,
        "extra_columns": [{"name": "Sites", "description": "how many sites"}],
    }


def test_wishes_for_the_lines_go_into_the_job() -> None:
    """Red when an option of the lines is not sent, or sent under another name."""
    order = Order(
        tone="formal",
        language="de",
        max_words=30,
        offer="Drum Watch",
        forbid=("synergy",),
        line_rules="Name {company}.",
    )
    assert order.job == {
        "tone": "formal",
        "language": "de",
        "max_words": 30,
        "offer": "Drum Watch",
        "forbidden_words": ["synergy"],
        "line_rules": "Name {company}.",
    }
    assert order.rows == {}


@pytest.mark.parametrize("text", ["Sites", "Sites:", ": how many sites", ""])
def test_a_column_needs_a_name_and_a_description(text: str) -> None:
    """Red when half a wish is sent, and refused with the words of the API."""
    with pytest.raises(CliError, match="say both"):
        assert Order(columns=(text,)).job
