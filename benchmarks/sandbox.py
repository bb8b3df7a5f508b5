"""Requests per second of the sandbox at zero latency, beside a bare ASGI application under the same client."""

from __future__ import annotations

import asyncio
import sys
from statistics import median
from typing import NamedTuple

import orjson

from benchmarks.figures import Figure, at_least
from benchmarks.serving import Server, serving
from libs.cli.console import say

NAME = "sandbox"


class Run(NamedTuple):
    """One run of the client: answers per second, and what each cost the server's core."""

    rate: float
    cpu_us: float


_GOAL = 5000
_SECONDS = 3
_ROUNDS = 3
_CONNECTIONS = 32
_ROWS = 200
_WITHOUT_GOAL = ("research", "line")
"""They read a prompt of kilobytes: what counts is the row they are a part of."""
_SOURCE = "Halden Lubricants opened a blending line in Fredrikstad. Ingrid Solheim joined from a shipyard in Moss. "


async def run() -> list[Figure]:
    """Alternate between the bare application and each endpoint, and take the medians."""
    work = {"bare ASGI": [_request("/", {"q": "hello"})]} | _requests()
    runs: dict[str, list[Run]] = {name: [] for name in work}
    async with serving("benchmarks.bare:app") as bare, serving("deploy.sandbox.app:app") as sandbox:
        for number in range(1, _ROUNDS + 1):
            say(f"Round {number} of {_ROUNDS}: {', '.join(work)}, {_SECONDS} s each")
            for name, requests in work.items():
                runs[name].append(await _drive(bare if name == "bare ASGI" else sandbox, requests))
    rates = {name: round(median(run.rate for run in some)) for name, some in runs.items()}
    costs = {name: round(median(run.cpu_us for run in some), 1) for name, some in runs.items()}
    return [*_rate_figures(rates), *_cost_figures(costs)]


def _rate_figures(rates: dict[str, int]) -> list[Figure]:
    reference = rates.pop("bare ASGI")
    figures = [Figure(NAME, "bare ASGI", reference, "req/s")]
    for name, value in rates.items():
        ratio = round(value / reference, 3)
        if name in _WITHOUT_GOAL:
            figures.append(Figure(NAME, name, value, "req/s", "bare ASGI", ratio))
        else:
            figures.append(at_least(NAME, name, value, "req/s", goal=_GOAL, against="bare ASGI", ratio=ratio))
    return figures


def _cost_figures(costs: dict[str, float]) -> list[Figure]:
    """What a request costs the server's core: steadier than a rate on a machine with other work."""
    reference = costs["bare ASGI"]
    return [
        Figure(NAME, f"{name}: CPU", cost, "µs/req", "bare ASGI", round(cost / reference, 2))
        for name, cost in costs.items()
    ]


def _requests() -> dict[str, list[str]]:
    """Many different questions, so that no answer can simply be repeated."""
    known = ('"Halden Lubricants" "Ingrid Solheim"', '"Calder Foods"', '"Seoul Battery Forge" "Min-jun Park"')
    questions = [*known * 30, *(f'"Company {nth}" "Building Products" "Milwaukee"' for nth in range(400))]
    sites = ["haldenlube.example", "calderfoods.example/about", *(f"company-{nth}.example" for nth in range(400))]
    chat = "/groq/openai/v1/chat/completions"
    work = {
        "search": [_request("/serper/search", {"q": question}) for question in questions],
        "scrape": [_request("/firecrawl/v1/scrape", {"url": f"https://{site}"}) for site in sites],
        "research": [_request(chat, _research_prompt(nth)) for nth in range(_ROWS)],
        "line": [_request(chat, _line_prompt(nth)) for nth in range(_ROWS)],
    }
    return work | {"all calls of a row": _rows(work)}


def _rows(work: dict[str, list[str]]) -> list[str]:
    """The calls of one row after the other, as many of each kind as enrich makes."""
    return [
        work[kind][(nth * many + at) % len(work[kind])]
        for nth in range(_ROWS)
        for kind, many in {"search": 3, "scrape": 1, "research": 1, "line": 1}.items()
        for at in range(many)
    ]


def _research_prompt(nth: int) -> dict[str, object]:
    sources = [{"id": f"s{at}", "url": "https://haldenlube.example/", "title": "", "text": _SOURCE} for at in range(6)]
    return _completion({"task": "research", "row": _row(nth), "sources": sources})


def _line_prompt(nth: int) -> dict[str, object]:
    text = "Halden Lubricants opened a blending line in Fredrikstad."
    statements = [{"id": f"g{at}", "category": "signals", "text": f"{text} ({nth})"} for at in range(8)]
    return _completion({"task": "line", "row": _row(nth), "statements": statements, "offer": "", "max_words": 35})


def _row(nth: int) -> dict[str, str]:
    return {"first_name": "Ingrid", "last_name": "Solheim", "company": "Halden Lubricants", "city": f"Town {nth}"}


def _completion(content: dict[str, object]) -> dict[str, object]:
    return {
        "model": "openai/gpt-oss-20b",
        "messages": [
            {"role": "system", "content": "Answer in JSON."},
            {"role": "user", "content": orjson.dumps(content).decode()},
        ],
        "response_format": {"type": "json_object"},
    }


def _request(path: str, body: dict[str, object]) -> str:
    content = orjson.dumps(body).decode()
    head = f"POST {path} HTTP/1.1\r\nhost: sandbox\r\nx-api-key: k\r\nauthorization: Bearer k\r\n"
    return f"{head}content-type: application/json\r\ncontent-length: {len(content.encode())}\r\n\r\n{content}"


async def _drive(server: Server, requests: list[str]) -> Run:
    began_cpu = server.cpu_seconds()
    order = {
        "host": "127.0.0.1",
        "port": server.port,
        "connections": _CONNECTIONS,
        "seconds": _SECONDS,
        "requests": requests,
    }
    client = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.load", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        out, _ = await asyncio.wait_for(client.communicate(orjson.dumps(order)), timeout=_SECONDS + 30)
    except TimeoutError:
        client.kill()
        raise
    result = orjson.loads(out)
    if result["failed"]:
        raise RuntimeError(f"{result['failed']} requests failed")
    cpu_us = (server.cpu_seconds() - began_cpu) / result["answered"] * 1e6
    return Run(rate=result["answered"] / result["seconds"], cpu_us=cpu_us)
