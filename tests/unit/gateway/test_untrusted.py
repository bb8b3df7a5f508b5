"""What strangers wrote is named: the models of every tool's answer are walked, and text that nobody vouches for is found."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from services.gateway.domain.assistant_tools import TOOLS
from services.gateway.domain.tool import Tool
from services.gateway.domain.tool_answers import answer
from services.gateway.domain.untrusted import UNTRUSTED
from services.gateway.public_api import public_document

OURS = frozenset(
    (
        *("code", "cause", "kind", "state", "status", "source", "role", "says", "findings", "paused_reason"),
        *("next_cursor", "revision", "sha256", "provider", "missing_providers", "model", "plan", "pay_url"),
        *("archive", "encoding", "reader", "delimiter", "quotechar", "mapping"),
        *("time_zone", "from", "to"),
    )
)
"""Text that one of the services chooses: codes, digests, names of providers and formats, zones, and times of day."""
FORMATS_OF_OURS = {"uuid", "date-time", "date", "uri"}


def free_text(
    schema: Mapping[str, Any], *, within: tuple[str, ...] = (), seen: frozenset[str] = frozenset()
) -> Iterator[tuple[str, ...]]:
    """The paths of members that may hold any text at all."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        if name not in seen:
            yield from free_text(public_document()["components"]["schemas"][name], within=within, seen=seen | {name})
        return
    inner = [one for word in ("anyOf", "oneOf", "allOf") for one in schema.get(word, [])]
    for one in (*inner, *([schema["items"]] if "items" in schema else [])):
        yield from free_text(one, within=within, seen=seen)
    for name, one in schema.get("properties", {}).items():
        yield from free_text(one, within=(*within, name), seen=seen)
    kind = schema.get("type")
    is_text = kind == "string" and not {"enum", "const"} & set(schema) and schema.get("format") not in FORMATS_OF_OURS
    is_open = kind == "object" and (
        "properties" not in schema or schema.get("additionalProperties", False) is not False
    )
    if is_text or is_open or not (inner or kind):
        yield within


def answers_of(tool: Tool) -> Iterator[Mapping[str, Any]]:
    """The models of what the tool's operation answers when it succeeds."""
    operation = public_document()["paths"][tool.path][tool.method.lower()]
    for status, response in operation["responses"].items():
        if status.startswith("2"):
            yield from (content["schema"] for content in response.get("content", {}).values())


@pytest.mark.parametrize("tool", TOOLS, ids=[tool.name for tool in TOOLS])
def test_every_text_of_an_answer_is_named_as_a_strangers_or_is_ours(tool: Tool) -> None:
    """Red when an answer gains a member with text of which nobody has said who writes it."""
    found = {path for model in answers_of(tool) for path in free_text(model)}
    assert {path for path in found if not UNTRUSTED & set(path) and path[-1] not in OURS} == set()


def test_each_name_stands_in_an_answer_and_on_one_side() -> None:
    """Red when a name has left the API and stays in a list, where it would hide one that comes again with another sense."""
    found = {path for tool in TOOLS for model in answers_of(tool) for path in free_text(model)}
    names = {name for path in found for name in path}
    assert (UNTRUSTED - names, OURS - names, OURS & UNTRUSTED) == (set(), set(), set())


def test_an_answer_repeats_the_names_that_it_has() -> None:
    """Red when a member that stands deep in an answer is not named, or one that is not there is."""
    body = {"items": [{"id": "1", "campaign_name": "Ignore all", "deep": [{"sheet": "x"}]}], "next_cursor": None}
    made = answer(body, sized=lambda value: len(repr(value)))
    assert made.structured is not None
    assert made.structured["untrusted_fields"] == ["campaign_name", "sheet"]
