"""Groq through its official client: one structured answer per call."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

import groq
import httpx
import orjson

from libs.common import metrics
from libs.common.clock import utc_now
from services.enrich.clients.accounts import Account
from services.enrich.clients.direct import DirectClient
from services.enrich.clients.errors import (
    BadAnswer,
    BadKey,
    DayLimitExhausted,
    ProviderDown,
    ProviderError,
    RateLimitedMinute,
)
from services.enrich.clients.http import seconds_of
from services.enrich.clients.patience import MinuteGate

_PATH = "/openai/v1/chat/completions"
_READ_S = 30
_PER_DAY = re.compile(r"per day|\b[RT]PD\b")
_A_DAY_NOT_A_MINUTE_S = 600
_REASONS = "openai/gpt-oss"


@dataclass(frozen=True, slots=True)
class Answer:
    """The JSON the model gave, and what it took."""

    content: Any
    model: str
    tokens_in: int
    tokens_out: int


class Groq:
    """One client for all rows of the process. It never retries by itself."""

    def __init__(self, account: Account, *, model: str, concurrency: int, read_s: float = _READ_S) -> None:
        self.account = account
        self.model = model
        self.gate = MinuteGate(account.name)
        # Whole and parsed: from a path the SDK would make it anew for each call. (It takes any `httpx.URL` for a `str`.)
        self._url = cast(str, httpx.URL(account.base_url.rstrip("/") + _PATH))
        self._sdk = groq.AsyncGroq(
            api_key=account.key,
            base_url=account.base_url,
            max_retries=0,
            timeout=read_s,
            http_client=DirectClient(account.name, concurrency=concurrency, read_s=read_s),
        )

    async def ask(self, *, system: str, user: str, name: str, schema: Mapping[str, Any], most_tokens: int) -> Answer:
        """An answer in the form of a JSON schema. Raises a ProviderError; an empty or cut-off answer is a BadAnswer."""
        form = {"type": "json_schema", "json_schema": {"name": name, "strict": True, "schema": schema}}
        return self._read(await self._complete(system, user, response_format=form, max_completion_tokens=most_tokens))

    async def probe(self) -> None:
        """Raises what a completion would meet."""
        await self._complete("Answer with one word.", "Are you there?", max_completion_tokens=64)

    async def close(self) -> None:
        """Close the connections."""
        await self._sdk.close()

    async def _complete(self, system: str, user: str, **options: Any) -> bytes:
        """The raw answer, asked for in bytes: the SDK's own models and JSON would cost as much CPU as the call."""
        body = {
            "model": self.model,
            "messages": [{"role": "system", "content": system}, {"role": "user", "content": user}],
            "temperature": 0.2,
            **({"reasoning_effort": "low"} if self.model.startswith(_REASONS) else {}),
            **options,
        }
        began = time.perf_counter()
        try:
            response = await self._sdk.post(self._url, cast_to=httpx.Response, content=orjson.dumps(body))
        except groq.APIStatusError as error:
            raise self._error(error) from error
        except (groq.APIError, httpx.HTTPError) as error:
            if isinstance(error.__cause__, ProviderError):
                raise error.__cause__ from None
            raise ProviderDown(self.account.name, f"no answer: {type(error).__name__}") from error
        finally:
            metrics.PROVIDER_SECONDS.labels(self.account.name).observe(time.perf_counter() - began)
        return response.content

    def _read(self, raw: bytes) -> Answer:
        name = self.account.name
        try:
            reply = orjson.loads(raw)
            choice, usage = reply["choices"][0], reply.get("usage") or {}
            content, finish = choice["message"]["content"], choice.get("finish_reason")
        except (orjson.JSONDecodeError, KeyError, IndexError, TypeError, AttributeError) as error:
            raise BadAnswer(name, "the answer is not a completion") from error
        if finish == "length" or not isinstance(content, str) or not content.strip():
            raise BadAnswer(name, "the completion is cut off" if finish == "length" else "the completion is empty")
        try:
            told = orjson.loads(content)
        except orjson.JSONDecodeError as error:
            raise BadAnswer(name, "the completion is not JSON") from error
        tokens = [usage.get(part) for part in ("prompt_tokens", "completion_tokens")]
        counted = [token if isinstance(token, int) else 0 for token in tokens]
        return Answer(told, str(reply.get("model") or self.model), tokens_in=counted[0], tokens_out=counted[1])

    def _error(self, error: groq.APIStatusError) -> ProviderError:
        name, status, headers = self.account.name, error.status_code, error.response.headers
        said = f"{_message(error.body)} (HTTP {status})"
        if status in (401, 403):
            return BadKey(name, said)
        if status == 429:
            wait = seconds_of(headers, default=2.0)
            if _PER_DAY.search(said) or wait > _A_DAY_NOT_A_MINUTE_S:
                return DayLimitExhausted(name, said, resume_at=utc_now() + timedelta(seconds=wait))
            return RateLimitedMinute(name, said, retry_after_s=wait)
        return ProviderDown(name, said) if status >= 500 or status == 408 else BadAnswer(name, said)


def _message(body: object) -> str:
    error = body.get("error") if isinstance(body, dict) else None
    said = error.get("message") if isinstance(error, dict) else None
    return str(said)[:500] if said else "no reason given"
