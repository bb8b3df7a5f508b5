"""Groq's chat completions and models, as the official client sends and reads them (console.groq.com/docs)."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import orjson

from deploy.sandbox.gate import Verdict
from deploy.sandbox.llm.answer import compose
from deploy.sandbox.llm.planted import Planted
from deploy.sandbox.llm.prompt import text_of
from deploy.sandbox.llm.strict import schema_fault
from deploy.sandbox.state import Sandbox
from deploy.sandbox.web import Answer, BadBodyError, Header, Request, bearer, json_answer
from deploy.sandbox.world.chance import number

_DAY_REQUESTS = 500_000
_MINUTE_TOKENS = 300_000
_ORGANISATION = "org_01sandbox0corofy0invented"
MODELS: dict[str, tuple[str, bool]] = {
    "openai/gpt-oss-20b": ("OpenAI", True),
    "openai/gpt-oss-120b": ("OpenAI", True),
    "moonshotai/kimi-k2-instruct-0905": ("Moonshot AI", True),
    "meta-llama/llama-4-scout-17b-16e-instruct": ("Meta", True),
    "meta-llama/llama-4-maverick-17b-128e-instruct": ("Meta", True),
    "llama-3.3-70b-versatile": ("Meta", False),
    "llama-3.1-8b-instant": ("Meta", False),
    "qwen/qwen3-32b": ("Alibaba Cloud", False),
}
"""Model, owner, and whether it takes `json_schema`."""


def models(_: Request, __: Sandbox, ___: Verdict) -> Answer:
    """GET /openai/v1/models."""
    entries = [
        {
            "id": model,
            "object": "model",
            "created": 1_735_689_600,
            "owned_by": owner,
            "active": True,
            "context_window": 131_072,
            "max_completion_tokens": 65_536,
        }
        for model, (owner, _structured) in MODELS.items()
    ]
    return json_answer({"object": "list", "data": entries})


def chat(request: Request, box: Sandbox, verdict: Verdict) -> Answer:
    """POST /openai/v1/chat/completions."""
    began = time.perf_counter()
    try:
        body = request.json()
    except BadBodyError as error:
        return problem(str(error), status=400, kind="invalid_request_error")
    refusal = _refusal(body) or _model_refusal(body["model"], request, box)
    if refusal is not None:
        return refusal
    messages: list[dict[str, Any]] = body["messages"]
    planted: list[Planted] = []
    form = body.get("response_format") or {}
    text, about = compose(messages, form, dials=box.dials, nth=verdict.nth, planted=planted)
    if planted:
        box.planted.add([replace(one, key=bearer(request).decode("ascii", "replace")) for one in planted])
    if body["model"] in box.dials.groq.useless_models:
        text = '{"answer": "It depends."}'
    prompt_tokens = sum(len(text_of(message)) for message in messages) // 4 + 4 * len(messages)
    tokens = len(text) // 4 + 1
    most = body.get("max_completion_tokens") or body.get("max_tokens")
    finish = "stop"
    if most and tokens > most:
        if body.get("response_format", {}).get("type", "text") != "text":
            return _json_cut_off(text[: most * 4])
        text, tokens, finish = text[: most * 4], most, "length"
    completion = _completion(body["model"], text, request=request, finish=finish)
    completion["usage"] = _usage(prompt_tokens, tokens, took_s=verdict.delay_s + time.perf_counter() - began)
    return json_answer(completion, headers=_limits(box, bearer(request), prompt_tokens + tokens), note=about)


class GroqVoice:
    """Groq wraps every error as `error: {message, type, code}` and says when to come back."""

    def unauthorized(self) -> Answer:
        """401 invalid_api_key."""
        return problem("Invalid API Key", status=401, kind="invalid_request_error", code="invalid_api_key")

    def limited(self, verdict: Verdict, *, limit: int, body: bytes) -> Answer:
        """429 for requests or tokens per minute."""
        tokens = verdict.kind == "tokens"
        unit, kind = ("tokens per minute (TPM)", "tokens") if tokens else ("requests per minute (RPM)", "requests")
        asked = len(body) // 4 if tokens else 1
        return _reached(unit, kind=kind, limit=limit, asked=asked, wait_s=verdict.wait_s, body=body, left=_DAY_REQUESTS)

    def exhausted(self, verdict: Verdict, *, body: bytes) -> Answer:
        """429 for requests per day."""
        unit = "requests per day (RPD)"
        return _reached(unit, kind="requests", limit=1000, asked=1, wait_s=verdict.wait_s, body=body, left=0)

    def failure(self, status: int) -> Answer:
        """Any other status."""
        if status == 429:
            return self.limited(Verdict("minute", status=429, wait_s=0.5), limit=30, body=b"{}")
        if status == 503:
            message = "The model is currently over capacity. Please try again and back off exponentially."
            return problem(message, status=503, kind="internal_server_error")
        kind = "internal_server_error" if status >= 500 else "invalid_request_error"
        return problem("Internal Server Error" if status >= 500 else "Bad request", status=status, kind=kind)


def problem(
    message: str, *, status: int, kind: str, code: str = "", headers: tuple[Header, ...] = (), **more: str
) -> Answer:
    """An error in Groq's form."""
    error = {"message": message, "type": kind} | ({"code": code} if code else {}) | more
    return json_answer({"error": error}, status=status, headers=headers)


def _refusal(body: dict[str, Any]) -> Answer | None:
    model = body.get("model")
    messages = body.get("messages")
    asked = body.get("response_format") or {}
    kind = asked.get("type", "text")
    said = ""
    if not isinstance(model, str) or model not in MODELS:
        said = f"The model `{model}` does not exist or you do not have access to it."
        return problem(said, status=404, kind="invalid_request_error", code="model_not_found")
    if not isinstance(messages, list) or not messages or not all(isinstance(one, dict) for one in messages):
        said = "'messages' : minimum number of items is 1"
    elif body.get("stream"):
        said = "streaming is not served by the sandbox"
    elif kind == "json_schema" and not MODELS[model][1]:
        said = (
            "This model does not support response format `json_schema`. See supported models at "
            "https://console.groq.com/docs/structured-outputs#supported-models"
        )
    elif kind == "json_schema":
        wanted = asked.get("json_schema") or {}
        strict = wanted.get("strict") is True
        said = schema_fault(wanted.get("schema"), name=str(wanted.get("name", ""))) if strict else ""
    elif kind == "json_object" and not any("json" in text_of(one).lower() for one in messages):
        said = "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'."
    return problem(said, status=400, kind="invalid_request_error") if said else None


def _model_refusal(model: str, request: Request, box: Sandbox) -> Answer | None:
    """What the dials make of one model."""
    dials = box.dials.groq
    if model in dials.unknown_models:
        said = f"The model `{model}` does not exist or you do not have access to it."
        return problem(said, status=404, kind="invalid_request_error", code="model_not_found")
    if model in dials.decommissioned_models:
        said = (
            f"The model `{model}` has been decommissioned and is no longer supported. Please refer to "
            "https://console.groq.com/docs/deprecations for a recommendation on which model to use instead."
        )
        return problem(said, status=400, kind="invalid_request_error", code="model_decommissioned")
    if model in dials.exhausted_models:
        return GroqVoice().exhausted(Verdict("day", status=429, wait_s=dials.day_resets_in_s), body=request.body)
    return None


def _completion(model: str, text: str, *, request: Request, finish: str) -> dict[str, Any]:
    mark = f"{number(text, model):016x}"
    return {
        "id": f"chatcmpl-{mark}-{len(request.body):x}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": model,
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": text}, "logprobs": None, "finish_reason": finish}
        ],
        "usage_breakdown": None,
        "system_fingerprint": "fp_corofysandbox",
        "x_groq": {"id": f"req_{mark}"},
        "service_tier": "on_demand",
    }


def _usage(prompt: int, completion: int, *, took_s: float) -> dict[str, Any]:
    return {
        "queue_time": 0.001,
        "prompt_tokens": prompt,
        "prompt_time": round(took_s * 0.2, 6),
        "completion_tokens": completion,
        "completion_time": round(took_s * 0.8, 6),
        "total_tokens": prompt + completion,
        "total_time": round(took_s, 6),
    }


def _limits(box: Sandbox, key: bytes, tokens: int) -> tuple[Header, ...]:
    dials = box.dials.groq
    most = dials.tokens_per_minute or _MINUTE_TOKENS
    used = box.gates["groq"].window(key).tokens_used if dials.tokens_per_minute else tokens
    left_today = _DAY_REQUESTS if dials.day_limit is None else dials.day_limit
    return (
        (b"x-ratelimit-limit-requests", b"%d" % _DAY_REQUESTS),
        (b"x-ratelimit-limit-tokens", b"%d" % most),
        (b"x-ratelimit-remaining-requests", b"%d" % left_today),
        (b"x-ratelimit-remaining-tokens", b"%d" % max(0, most - used)),
        (b"x-ratelimit-reset-requests", _span(dials.day_resets_in_s if dials.day_limit is not None else 0.1728)),
        (b"x-ratelimit-reset-tokens", _span(60 * used / most)),
    )


def _reached(unit: str, *, kind: str, limit: int, asked: int, wait_s: float, body: bytes, left: int) -> Answer:
    try:
        model = str(orjson.loads(body).get("model", ""))
    except (orjson.JSONDecodeError, AttributeError):
        model = ""
    wait = _span(wait_s)
    message = (
        f"Rate limit reached for model `{model}` in organization `{_ORGANISATION}` service tier `on_demand` on {unit}: "
        f"Limit {limit}, Used {limit}, Requested {asked}. Please try again in {wait.decode()}. Need more tokens? "
        "Upgrade to Dev Tier today at https://console.groq.com/settings/billing"
    )
    headers: tuple[Header, ...] = (
        (b"retry-after", b"%d" % max(1, round(wait_s + 0.5))),
        (b"x-ratelimit-limit-requests", b"%d" % (_DAY_REQUESTS if left else limit)),
        (b"x-ratelimit-limit-tokens", b"%d" % (limit if kind == "tokens" else _MINUTE_TOKENS)),
        (b"x-ratelimit-remaining-requests", b"%d" % left),
        (b"x-ratelimit-remaining-tokens", b"%d" % (0 if kind == "tokens" else _MINUTE_TOKENS)),
        (b"x-ratelimit-reset-requests", b"172.8ms" if left else wait),
        (b"x-ratelimit-reset-tokens", wait if kind == "tokens" else b"0s"),
    )
    return problem(message, status=429, kind=kind, code="rate_limit_exceeded", headers=headers)


def _json_cut_off(text: str) -> Answer:
    message = "Failed to generate JSON. Please adjust your prompt. See 'failed_generation' for more details."
    kind, code = "invalid_request_error", "json_validate_failed"
    return problem(message, status=400, kind=kind, code=code, failed_generation=text)


def _span(seconds: float) -> bytes:
    """A wait as Groq writes it: `1h2m3.5s`, `7.66s`, `120ms`."""
    if seconds < 1:
        return b"%dms" % round(seconds * 1000) if seconds else b"0s"
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(int(minutes), 60)
    lead = (f"{hours}h" if hours else "") + (f"{minutes}m" if minutes or hours else "")
    return f"{lead}{round(rest, 3):g}s".encode()
