"""The models of Groq that may answer: how each is asked for JSON, and which are left out for a while."""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from libs.common.clock import utc_now
from services.enrich.clients.errors import DayLimitExhausted, ModelRefused, NoModel, Nonsense, ProviderOut

REFUSED_FOR_S = 600.0
"""So long a model is not asked again that is unknown, gone or closed to the account, or whose day ends nobody knows when."""
_BELIEVED_S = 5
"""When every model is out, what they said is believed so long: then somebody asks again, since the day may have turned."""

_STRICT = frozenset({"openai/gpt-oss-20b", "openai/gpt-oss-120b"})
"""The models that Groq holds to a JSON schema while they write (console.groq.com/docs/structured-outputs). All others are
asked for a JSON object and told the schema: what Groq calls best effort would make an answer of another form an error."""
_LOW = {"reasoning_effort": "low"}
_EXTRA: Mapping[str, Mapping[str, Any]] = {
    "openai/gpt-oss-20b": _LOW,
    "openai/gpt-oss-120b": _LOW,
    "qwen/qwen3-32b": {"reasoning_effort": "none"},
}


@dataclass(frozen=True, slots=True)
class Form:
    """The form an answer must have: a JSON schema with its name, and the most tokens it may take."""

    name: str
    schema: Mapping[str, Any]
    most_tokens: int


def body_of(model: str, *, system: str, user: str, form: Form) -> dict[str, Any]:
    """The request for a completion, as this model understands it."""
    strict = model in _STRICT
    if not strict:
        schema = orjson.dumps(form.schema).decode()
        system = f"{system}\n\nAnswer with one JSON object that is valid under this JSON schema:\n{schema}"
    schema_form = {"name": form.name, "strict": True, "schema": form.schema}
    return {
        "model": model,
        "messages": [{"role": "system", "content": system}, {"role": "user", "content": user}],
        "temperature": 0.2,
        **_EXTRA.get(model, {}),
        "max_completion_tokens": form.most_tokens,
        "response_format": {"type": "json_schema", "json_schema": schema_form} if strict else {"type": "json_object"},
    }


@dataclass(frozen=True, slots=True)
class _Out:
    since: float
    until: float
    error: ModelRefused | DayLimitExhausted | Nonsense


@dataclass(slots=True)
class Models:
    """The models of one account in their order, and what the refused ones have said. Instants are monotonic seconds."""

    names: Sequence[str]
    clock: Callable[[], float] = time.monotonic
    _out: dict[str, _Out] = field(default_factory=dict[str, _Out])

    def next(self, *, without: Sequence[str] = ()) -> str | None:
        """The first that may be asked, leaving out those this row has given up on; None when there is none.

        Raises what the models have said when all of them are out and have said so a moment ago.
        """
        if not self._out and not without:
            return self.names[0]
        now = self.clock()
        open_ones = [name for name in self.names if not self._is_out(name, now)]
        if not open_ones:
            if all(now - self._out[name].since < _BELIEVED_S for name in self.names):
                raise self.refusal()
            open_ones = [name for name in self.names if now - self._out[name].since >= _BELIEVED_S]
        return next((name for name in open_ones if name not in without), None)

    def leave_out(self, model: str, error: ModelRefused | DayLimitExhausted | Nonsense) -> None:
        """It has refused: nobody asks it until its day ends, or for some minutes."""
        now, for_s = self.clock(), REFUSED_FOR_S
        if isinstance(error, DayLimitExhausted) and error.resume_at is not None:
            for_s = (error.resume_at - utc_now()).total_seconds()
        self._out[model] = _Out(now, now + for_s, error)

    def answered(self, model: str) -> None:
        """It works: whatever it has said before."""
        if self._out:
            self._out.pop(model, None)

    def forget(self) -> None:
        """Ask all of them again."""
        self._out.clear()

    def refusal(self) -> ProviderOut:
        """What stands in the way when no model is left: the day limit that ends first, else one that talks nonsense, else that
        none may be used."""
        errors = [out.error for out in self._out.values()]
        days = sorted((error for error in errors if isinstance(error, DayLimitExhausted)), key=_ends)
        if days:
            return DayLimitExhausted(days[0].provider, days[0].said, resume_at=days[0].resume_at)
        if useless := next((error for error in errors if isinstance(error, Nonsense)), None):
            return Nonsense(useless.provider, useless.said)
        last = errors[-1]
        return NoModel(last.provider, f"none of the models {', '.join(self.names)} can be used: {last.said}")

    def _is_out(self, name: str, now: float) -> bool:
        out = self._out.get(name)
        return out is not None and out.until > now


def _ends(day: DayLimitExhausted) -> float:
    return math.inf if day.resume_at is None else day.resume_at.timestamp()
