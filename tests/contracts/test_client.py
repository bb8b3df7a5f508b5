"""The generated client against the description it is made from: every operation, asked once."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import AsyncGenerator
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
import respx

from libs.client import generate
from libs.client.client import Client
from libs.client.download import Download
from libs.client.generated import models
from libs.client.generation.reading import Operation, operations_of
from libs.client.generation.writing import name_of
from libs.client.model import Model
from libs.client.sse import Event

BASE = "http://gateway.test"
DOCUMENT: dict[str, Any] = json.loads(generate.DOCUMENT.read_text("utf-8"))
OPERATIONS = {one.name: one for one in operations_of(DOCUMENT)}
EVENT = 'id: 7\nevent: ingest.job.completed\ndata: {"type": "ingest.job.completed"}\n\n'
PARTS = {"path": "a/b c", "query": "ü&=", "header": '"3"'}


def test_the_committed_client_is_that_of_the_description() -> None:
    """Red when a route has changed without `python -m libs.client.generate`."""
    assert generate.stale() == []


def test_every_operation_has_a_method() -> None:
    """Red when two operations bear one name, or a method hides one of the client's own."""
    listed = [
        told["operationId"]
        for item in DOCUMENT["paths"].values()
        for method, told in item.items()
        if method != "parameters"
    ]
    assert sorted(listed) == sorted(OPERATIONS)
    by_hand = {name for owner in Client.__mro__[:1] + Client.__mro__[2:] for name in vars(owner)}
    assert set(OPERATIONS) & by_hand == set()


def _example(content: dict[str, Any]) -> Any:
    body = content["application/json"]
    if "example" in body:
        return body["example"]
    shown: dict[str, Any] = next(iter(body.get("examples", {"": {"value": {}}}).values()))
    name = shown.get("$ref", "").rpartition("/")[2]
    return (DOCUMENT["components"]["examples"][name] if name else shown)["value"]


def _told(one: Operation) -> dict[str, Any]:
    return DOCUMENT["paths"][one.path][one.method.lower()]


def _answer(one: Operation) -> httpx.Response:
    """As the description shows it."""
    if one.answer in {"model", "object"}:
        content = next(
            response["content"]
            for status, response in _told(one)["responses"].items()
            if status[0] == "2" and "application/json" in response.get("content", {})
        )
        return httpx.Response(200, json=_example(content), headers={"ETag": '"7"'})
    if one.answer == "location":
        return httpx.Response(303, headers={"Location": "/there"})
    return httpx.Response(200, text=EVENT if one.answer == "events" else "file")


def _arguments(one: Operation) -> dict[str, Any]:
    """A value of its own for every parameter, and the example as the body."""
    given: dict[str, Any] = {name_of(it): PARTS[it.place] + it.name for it in one.parameters}
    if one.body:
        json_body = one.kinds[0] == "application/json"
        given["body"] = _example(_told(one)["requestBody"]["content"]) if json_body else b"bytes"
    return given


async def _asked(client: Client, one: Operation, given: dict[str, Any]) -> Any:
    made = getattr(client, one.name)(**given)
    if isinstance(made, AsyncGenerator):
        return [event async for event in made]
    if isinstance(made, Download):
        return await made.read()
    return await made


@pytest.mark.parametrize("name", OPERATIONS)
@respx.mock(base_url=BASE)
async def test_a_method_asks_what_the_description_says_and_understands_its_answer(
    respx_mock: respx.MockRouter, name: str
) -> None:
    """Red when a path, a parameter, a body or an answer of any operation is not the API's."""
    one = OPERATIONS[name]
    route = respx_mock.route().mock(return_value=_answer(one))
    given = _arguments(one)
    async with Client(BASE, token="t", workspace_id="w") as client:
        answer = await _asked(client, one, given)
    (sent,) = (call.request for call in route.calls)
    names = {it.sent_as: it for it in one.parameters}
    parts = re.fullmatch(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", one.path), sent.url.raw_path.decode().partition("?")[0])
    assert parts is not None
    assert sent.method == one.method
    assert {key: unquote(value) for key, value in parts.groupdict().items()} == {
        it.sent_as: given[name_of(it)] for it in one.of("path")
    }
    assert dict(sent.url.params) == {it.sent_as: given[name_of(it)] for it in one.of("query")}
    assert {key: sent.headers[key] for key, it in names.items() if it.place == "header"} == {
        it.sent_as: given[name_of(it)] for it in one.of("header")
    }
    assert (sent.headers["Authorization"], sent.headers["X-Workspace-Id"]) == ("Bearer t", "w")
    assert ("Idempotency-Key" in sent.headers) == one.keyed
    if one.body:
        body = given["body"]
        assert sent.content == body if isinstance(body, bytes) else json.loads(sent.content) == body
        assert sent.headers["Content-Type"] == one.kinds[0]
    _check(one, answer)


def _check(one: Operation, answer: Any) -> None:
    match one.answer:
        case "model":
            assert type(answer) is getattr(models, str(one.model))
            assert answer.etag == '"7"'
        case "nothing":
            assert answer is None
        case "location":
            assert answer == "/there"
        case "file":
            assert answer == b"file"
        case "events":
            assert answer == [Event("ingest.job.completed", "7", {"type": "ingest.job.completed"})]
        case "object" | "headers":
            assert isinstance(answer, dict | httpx.Headers)


WITH_MODELS = [name for name, one in OPERATIONS.items() if one.body and one.body.startswith("models.")]


@pytest.mark.parametrize("name", WITH_MODELS)
def test_a_body_can_be_made_by_its_model(name: str) -> None:
    """Red when a model sends a field under another name, or what nobody has set."""
    one = OPERATIONS[name]
    kind: type[Model] = getattr(models, str(one.body).split(" | ")[0].removeprefix("models."))
    example = _example(_told(one)["requestBody"]["content"])
    made = json.loads(kind.model_validate(example).model_dump_json(by_alias=True, exclude_unset=True))
    assert kind.model_validate(made) == kind.model_validate(example)
    assert made.keys() == example.keys()


def test_what_must_be_given_has_no_default() -> None:
    """Red when a required parameter may be left out, or an optional one may not."""
    for one in OPERATIONS.values():
        arguments = inspect.signature(getattr(Client, one.name)).parameters
        wrong = [
            it.name
            for it in one.parameters
            if (arguments[name_of(it)].default is inspect.Parameter.empty) != it.required
        ]
        assert wrong == [], one.name
