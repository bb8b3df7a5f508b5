"""Calls of tools with what no API takes: refused in words, or handed on for the API to refuse."""

import pytest

from services.gateway.domain.assistant_tools import BY_NAME
from services.gateway.domain.tool_requests import ApiReply, ApiRequest
from services.gateway.use_cases.call_tool import call_tool

ID = "0f8b4fb7-4ff8-4203-93f3-8d2728f91827"


@pytest.mark.parametrize("number", [float("nan"), float("inf"), [float("-inf")]])
@pytest.mark.parametrize("name", ["quote_job", "try_rows"])
async def test_a_number_that_is_none_is_refused_in_words(name: str, number: object) -> None:
    """Red when it reaches what writes JSON, which has no words for it: the assistant is told of an error inside."""
    asked: list[ApiRequest] = []

    async def ask(request: ApiRequest) -> ApiReply:
        asked.append(request)
        return ApiReply(200, {})

    answer = await call_tool(BY_NAME[name], {"upload_id": ID, "mapping": number}, ask=ask)
    assert (answer.refused, "argument_malformed" in answer.text, asked) == (True, True, [])


async def test_a_number_of_any_size_is_for_the_api_to_refuse() -> None:
    """Red when a number beyond 64 bits breaks the making of the key."""
    asked: list[ApiRequest] = []

    async def ask(request: ApiRequest) -> ApiReply:
        asked.append(request)
        return ApiReply(422, {"detail": "too large", "code": "invalid_request"})

    answer = await call_tool(BY_NAME["try_rows"], {"upload_id": ID, "rows": [10**30]}, ask=ask)
    assert (answer.refused, len(asked)) == (True, 1)
