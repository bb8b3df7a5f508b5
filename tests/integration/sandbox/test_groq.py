"""The official Groq client talks to the stand-in unchanged."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

import groq
import orjson
import pytest
from groq.types.chat.completion_create_params import ResponseFormat

from tests.integration.sandbox.conftest import Running
from tests.support.waiting import PATIENCE_S

MODEL = "openai/gpt-oss-20b"
JSON: ResponseFormat = {"type": "json_object"}
SOURCE = {
    "id": "s1",
    "url": "https://haldenlube.example/",
    "title": "",
    "text": "Halden Lubricants opened a plant in Moss.",
}
RESEARCH = {"task": "research", "row": {"company": "Halden Lubricants"}, "sources": [SOURCE]}
LINE_SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["line", "statement_ids"],
    "properties": {"line": {"type": "string"}, "statement_ids": {"type": "array", "items": {"type": "string"}}},
}


@pytest.fixture
async def client(sandbox: Running) -> AsyncGenerator[groq.AsyncGroq]:
    """The official client."""
    async with groq.AsyncGroq(api_key="k", base_url=f"{sandbox.url}/groq", max_retries=0, timeout=PATIENCE_S) as made:
        yield made


async def _ask(
    client: groq.AsyncGroq, payload: dict[str, Any], form: ResponseFormat = JSON, **more: Any
) -> dict[str, Any]:
    content = "Answer in JSON: " + orjson.dumps(payload).decode()
    answer = await client.chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": content}], response_format=form, **more
    )
    return orjson.loads(answer.choices[0].message.content or "")


async def test_research_comes_back_with_usage_and_limits(client: groq.AsyncGroq) -> None:
    raw = await client.chat.completions.with_raw_response.create(
        model=MODEL,
        messages=[{"role": "user", "content": "JSON " + orjson.dumps(RESEARCH).decode()}],
        response_format=JSON,
    )
    completion = await raw.parse()
    assert raw.headers["x-sandbox"] == "corofy"
    assert int(raw.headers["x-ratelimit-remaining-tokens"]) < int(raw.headers["x-ratelimit-limit-tokens"])
    assert completion.usage is not None
    assert completion.usage.total_tokens == completion.usage.prompt_tokens + completion.usage.completion_tokens
    assert completion.x_groq is not None
    assert completion.choices[0].finish_reason == "stop"
    said = orjson.loads(completion.choices[0].message.content or "")
    assert said["signals"] == [{"text": SOURCE["text"], "source_ids": ["s1"], "snippet": SOURCE["text"]}]


async def test_a_line_follows_a_strict_schema(client: groq.AsyncGroq) -> None:
    form: ResponseFormat = {
        "type": "json_schema",
        "json_schema": {"name": "line", "strict": True, "schema": LINE_SCHEMA},
    }
    statements = [
        {"id": "a", "text": "Halden Lubricants opened a plant in Moss.", "source_ids": ["s1"], "snippet": "x"}
    ]
    row = {"first_name": "Ingrid", "company": "Halden Lubricants"}
    line = await _ask(client, {"task": "line", "row": row, "statements": statements, "max_words": 30}, form)
    assert line["statement_ids"] == ["a"]
    assert line["line"].startswith("Ingrid, ")


async def test_models_are_listed(client: groq.AsyncGroq) -> None:
    assert MODEL in [model.id for model in (await client.models.list()).data]


async def test_bad_requests_are_refused_as_groq_does(client: groq.AsyncGroq) -> None:
    with pytest.raises(groq.NotFoundError, match="model_not_found"):
        await client.chat.completions.create(model="gpt-nine", messages=[{"role": "user", "content": "x"}])
    loose: ResponseFormat = {
        "type": "json_schema",
        "json_schema": {"name": "x", "strict": True, "schema": {"type": "object", "properties": {}}},
    }
    with pytest.raises(groq.BadRequestError, match="additionalProperties:false"):
        await _ask(client, RESEARCH, loose)
    with pytest.raises(groq.BadRequestError, match="json_validate_failed"):
        await _ask(client, RESEARCH, max_completion_tokens=5)
    with pytest.raises(groq.BadRequestError, match="word 'json'"):
        await client.chat.completions.create(
            model=MODEL, messages=[{"role": "user", "content": "x"}], response_format=JSON
        )
    with pytest.raises(groq.AuthenticationError, match="invalid_api_key"):
        await client.models.list(extra_headers={"Authorization": "Basic eA=="})


async def test_limits_say_when_to_come_back(sandbox: Running, client: groq.AsyncGroq) -> None:
    await sandbox.turn(groq={"rate_limit_per_minute": 1})
    await _ask(client, RESEARCH)
    with pytest.raises(groq.RateLimitError, match="requests per minute") as minute:
        await _ask(client, RESEARCH)
    assert 55 <= int(minute.value.response.headers["retry-after"]) <= 61
    await sandbox.turn(groq={"rate_limit_per_minute": 0, "tokens_per_minute": 100})
    await _ask(client, RESEARCH)
    with pytest.raises(groq.RateLimitError, match="tokens per minute"):
        await _ask(client, RESEARCH)
    await sandbox.turn(groq={"tokens_per_minute": 0, "day_limit": 0, "day_resets_in_s": 3723.5})
    with pytest.raises(groq.RateLimitError, match=r"requests per day .* try again in 1h2m3\.5s") as day:
        await _ask(client, RESEARCH)
    assert day.value.response.headers["x-ratelimit-remaining-requests"] == "0"


async def test_trouble_reaches_the_client_as_trouble(sandbox: Running, client: groq.AsyncGroq) -> None:
    await sandbox.turn(groq={"next_failures": [500, 503]})
    for _ in range(2):
        with pytest.raises(groq.InternalServerError):
            await _ask(client, RESEARCH)
    await sandbox.turn(groq={"bad_key": True})
    with pytest.raises(groq.AuthenticationError):
        await _ask(client, RESEARCH)
    await sandbox.turn(groq={"bad_key": False, "garbage": "broken_body"})
    with pytest.raises(groq.APIConnectionError):
        await _ask(client, RESEARCH)
    await sandbox.turn(groq={"garbage": "", "hang": True})
    with pytest.raises(groq.APITimeoutError):
        await _ask(client, RESEARCH, timeout=0.3)
