"""Groq through its official client: one structured answer of one model per call."""

import re
import time
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self, cast

import groq
import httpx
import orjson

from libs.common.clock import utc_now
from services.enrich.clients.accounts import Account
from services.enrich.clients.direct import DirectClient
from services.enrich.clients.errors import (
    BadAnswer,
    BadKey,
    DayLimitExhausted,
    ModelRefused,
    ProviderDown,
    ProviderError,
    RateLimitedMinute,
)
from services.enrich.clients.gate import Gate, Gates
from services.enrich.clients.groq_sdk import groq_sdk
from services.enrich.clients.http import seconds_of, seconds_taken
from services.enrich.clients.limit_headers import hear_headers, hear_refusal
from services.enrich.clients.models import Form, Models, body_of

_PATH = "/openai/v1/chat/completions"
_READ_S = 30
_PER_DAY = re.compile(r"per day|\b[RT]PD\b")
_A_DAY_NOT_A_MINUTE_S = 600
_RESTRICTED = "organization_restricted"
_PROBE = Form(
    "probe",
    {
        "type": "object",
        "properties": {"there": {"type": "boolean"}},
        "required": ["there"],
        "additionalProperties": False,
    },
    most_tokens=500,
)
"""The smallest question in the way that rows ask."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The JSON the model gave, and what it took."""

    content: Any
    model: str
    tokens_in: int
    tokens_out: int


class Groq:
    """One client for all rows of the process, and for all accounts. It never retries by itself."""

    def __init__(
        self,
        account: Account,
        *,
        models: Sequence[str],
        concurrency: int,
        read_s: float = _READ_S,
        gates: Gates | None = None,
    ) -> None:
        self._gates = gates or Gates()
        self._http = DirectClient(account.provider, concurrency=concurrency, read_s=read_s)
        self._read_s = read_s
        self._hold(account, models)

    def under(self, account: Account) -> Self:
        """The same connections with another account's key; which of its models refuse is its own affair."""
        other = copy(self)
        other._hold(account, self.models.names)
        return other

    def _hold(self, account: Account, models: Sequence[str]) -> None:
        self.account = account
        self.models = Models(models)
        self._sdk = groq_sdk(account.key, base_url=account.base_url, direct=self._http, read_s=self._read_s)
        # Whole and parsed: from a path the SDK would make it anew for each call. (It takes any `httpx.URL` for a `str`.)
        self._url = cast(str, httpx.URL(account.base_url.rstrip("/") + _PATH))

    def gate(self, model: str) -> Gate:
        """Groq limits each model by itself."""
        return self._gates.of(self.account.name, model)

    async def ask(self, model: str, *, system: str, user: str, form: Form) -> Answer:
        """An answer in the form of a JSON schema. Raises a ProviderError; an empty or cut-off answer is a BadAnswer."""
        return self._read(await self._complete(body_of(model, system=system, user=user, form=form)), model)

    async def probe(self) -> None:
        """Raises what a question would meet. One model whose answer has the form that was asked for is enough."""
        self.models.forget()
        useless: BadAnswer | None = None
        for model in self.models.names:
            try:
                answer = await self.ask(model, system="Answer in the given form.", user="Are you there?", form=_PROBE)
                if not isinstance(answer.content, dict) or "there" not in answer.content:
                    raise BadAnswer(self.account.name, "the completion has another form than was asked for")
            except (ModelRefused, DayLimitExhausted) as refusal:
                self.models.leave_out(model, refusal)
            except BadAnswer as error:
                useless = error
            else:
                return
        raise useless or self.models.refusal()

    async def close(self) -> None:
        """Close the connections."""
        await self._sdk.close()

    async def _complete(self, body: Mapping[str, Any]) -> bytes:
        """The raw answer, asked for in bytes: the SDK's own models and JSON would cost as much CPU as the call."""
        began = time.perf_counter()
        try:
            reply = await self._sdk.complete(self._url, orjson.dumps(body))
        except groq.APIStatusError as error:
            raise self._error(error, self.gate(body["model"])) from error
        except (groq.APIError, httpx.HTTPError) as error:
            if isinstance(error.__cause__, ProviderError):
                raise error.__cause__ from None
            raise ProviderDown(self.account.name, f"no answer: {type(error).__name__}") from error
        finally:
            seconds_taken(self.account.provider).observe(time.perf_counter() - began)
        hear_headers(self.gate(body["model"]), reply.headers)
        return reply.body

    def _read(self, raw: bytes, model: str) -> Answer:
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
        return Answer(told, str(reply.get("model") or model), tokens_in=counted[0], tokens_out=counted[1])

    def _error(self, error: groq.APIStatusError, gate: Gate) -> ProviderError:
        name, status, headers = self.account.name, error.status_code, error.response.headers
        code, told = _told(error.body, "code"), self.account.scrubbed(_told(error.body, "message"))
        said = f"{told or 'no reason given'} (HTTP {status})"
        if status in (400, 403, 404) and (code.startswith("model_") or "response format" in said):
            return ModelRefused(name, said)
        if status in (401, 403) or code == _RESTRICTED:
            return BadKey(name, said)
        if status == 429:
            wait, limited_by = seconds_of(headers, default=2.0), hear_refusal(gate, said)
            if _PER_DAY.search(said) or wait > _A_DAY_NOT_A_MINUTE_S:
                return DayLimitExhausted(name, said, resume_at=utc_now() + timedelta(seconds=wait))
            return RateLimitedMinute(name, said, retry_after_s=wait, limited_by=limited_by)
        return ProviderDown(name, said) if status >= 500 or status == 408 else BadAnswer(name, said)


def _told(body: object, part: str) -> str:
    error = body.get("error") if isinstance(body, dict) else None
    said = error.get(part) if isinstance(error, dict) else None
    return str(said)[:500] if said else ""
