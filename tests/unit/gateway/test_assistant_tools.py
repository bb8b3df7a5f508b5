"""The tools of assistants: what they take is what the API takes, what they may do is little, and answers are bounded."""

import re
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.domain.assistant_tools import TOOLS
from services.gateway.domain.tool import Tool
from services.gateway.domain.tool_answers import MAX_ANSWER_BYTES, answer, fitting_limit
from services.gateway.domain.tool_schemas import input_schema, places_of
from services.gateway.public_api import public_document

FORBIDDEN = re.compile(
    r"/(start|resume|pause|end|cancel|test|send|members|invitations|api-keys|checkout|portal|erasures|webhooks)\b"
)
JSON = st.recursive(
    st.text(max_size=3000) | st.integers() | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=60) | st.dictionaries(st.text(max_size=10), inner, max_size=5),
    max_leaves=60,
)


def size(value: object) -> int:
    return len(repr(value).encode())


@pytest.mark.parametrize("tool", TOOLS, ids=[tool.name for tool in TOOLS])
def test_a_tool_takes_what_its_operation_takes_and_says_what_that_is(tool: Tool) -> None:
    """Red when the API has lost a parameter that a tool takes, needs one that it does not take, or when one has no words."""
    document = public_document()
    schema = input_schema(tool, document)
    assert schema["additionalProperties"] is False
    assert all(property_.get("description") for property_ in schema["properties"].values())
    assert places_of(tool.path) <= set(schema["required"])
    content = document["paths"][tool.path][tool.method.lower()].get("requestBody", {}).get("content", {})
    if "application/json" in content:
        name = content["application/json"]["schema"]["$ref"].rpartition("/")[2]
        needed = set(document["components"]["schemas"][name].get("required", []))
        assert needed <= {*schema["required"], *tool.always}
    assert "#/components/" not in orjson.dumps(schema).decode()


def test_no_tool_sends_deletes_or_changes_who_may_do_what() -> None:
    """Red when a tool is listed that only people may use."""
    assert {tool.method for tool in TOOLS} == {"GET", "POST", "PATCH"}
    assert [tool.name for tool in TOOLS if not tool.reads and FORBIDDEN.search(tool.path)] == []
    assert len({tool.name for tool in TOOLS}) == len(TOOLS)


@given(body=st.dictionaries(st.text(max_size=10), JSON, max_size=5))
def test_an_answer_never_outgrows_its_bound(body: dict[str, Any]) -> None:
    """Red when an answer is larger than an assistant reads, or is cut without a word."""
    made = answer(body, sized=size)
    if made.structured is not None:
        assert size(made.structured) <= MAX_ANSWER_BYTES
        assert (made.structured["answer"] == body) is not made.structured["shortened"]


@given(items=st.integers(2, 50), each=st.integers(1, 100_000))
def test_a_smaller_page_is_always_smaller_and_never_empty(items: int, each: int) -> None:
    """Red when asking again for fewer could go on for ever."""
    assert 1 <= fitting_limit(items * each, items=items) < items
