"""The methods as Python source."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Iterator

from libs.client.generation.reading import Operation, Parameter

HEADER = '''"""Made by `python -m libs.client.generate` from services/gateway/public_api.json: change that, not this."""
'''
_OPENING = """
from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from libs.client.asking import Asking
from libs.client.download import Download
from libs.client.generated import models
from libs.client.request import Call, Content, new_key, segment
from libs.client.sse import Event


class Operations(Asking):
    \"\"\"Every operation of the API. All raise ApiError and Unreachable.\"\"\"
"""
_ANSWERS = {
    "object": "dict[str, Any]",
    "nothing": "None",
    "headers": "Mapping[str, str]",
    "location": "str",
    "file": "Download",
    "events": "AsyncGenerator[Event]",
}
_AT_ONCE = frozenset({"file", "events"})
"""What is no coroutine: nothing is asked before it is read."""


def source_of(operations: Iterable[Operation]) -> str:
    """The module, unformatted."""
    return HEADER + _OPENING + "\n".join(_method(one) for one in operations)


def _method(one: Operation) -> str:
    answer = f"models.{one.model}" if one.model else _ANSWERS[one.answer]
    model = f"models.{one.model}, " if one.model else ""
    start = "def" if one.answer in _AT_ONCE else "async def"
    wait = "" if one.answer in _AT_ONCE else "await "
    back = "" if one.answer == "nothing" else "return "
    call = f"Call({', '.join(_call(one))})"
    return (
        f"    {start} {one.name}({', '.join(_arguments(one))}) -> {answer}:\n"
        f'        """{_docstring(one.told)}"""\n'
        f"        {back}{wait}self._{one.answer}({model}{call})\n"
    )


def _arguments(one: Operation) -> Iterator[str]:
    yield "self"
    for parameter in one.of("path"):
        yield f"{name_of(parameter)}: {parameter.type}"
    if one.body:
        yield f"body: {one.body}" if one.body_required else f"body: {one.body} | None = None"
    named = [*one.of("query"), *one.of("header")]
    extra = [f"kind: Literal[{', '.join(map(repr, one.kinds))}] = {one.kinds[0]!r}"] if len(one.kinds) > 1 else []
    if one.keyed:
        extra.append("idempotency_key: str | None = None")
    if one.by_headers:
        extra.append("headers: Mapping[str, str] | None = None")
    if named or extra:
        yield "*"
    for parameter in sorted(named, key=lambda it: not it.required):
        optional = parameter.type if parameter.type.endswith("None") else f"{parameter.type} | None"
        yield (
            f"{name_of(parameter)}: {parameter.type}"
            if parameter.required
            else f"{name_of(parameter)}: {optional} = None"
        )
    yield from extra


def _call(one: Operation) -> Iterator[str]:
    yield repr(one.method)
    names = {parameter.sent_as: name_of(parameter) for parameter in one.of("path")}
    path = re.sub(r"{(\w+)}", lambda found: f"{{segment({names[found[1]]})}}", one.path)
    yield f"{'f' if names else ''}{path!r}"
    if query := one.of("query"):
        yield f"query={{{', '.join(f'{it.sent_as!r}: {name_of(it)}' for it in query)}}}"
    if one.body:
        yield "body=body"
        if one.kinds != ("application/json",):
            yield "kind=kind" if len(one.kinds) > 1 else f"kind={''.join(one.kinds)!r}"
    headers = [f"{it.sent_as!r}: {name_of(it)}" for it in one.of("header")]
    headers += ["**(headers or {})"] if one.by_headers else []
    if headers:
        yield f"headers={{{', '.join(headers)}}}"
    if one.keyed:
        yield "key=idempotency_key or new_key()"


def name_of(parameter: Parameter) -> str:
    """The argument's name: the parameter's, unless Python has another use for it."""
    return f"{parameter.name}_" if keyword.iskeyword(parameter.name) else parameter.name


def _docstring(told: str) -> str:
    lines = [line.rstrip() for line in told.strip().replace("\\", "\\\\").replace('"""', "'''").splitlines()]
    indented = [lines[0], *(f"        {line}" if line else "" for line in lines[1:])]
    return "\n".join(indented) + ("\n        " if len(lines) > 1 else " " if indented[0].endswith('"') else "")
