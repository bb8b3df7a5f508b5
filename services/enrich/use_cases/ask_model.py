"""One question to the language model: asked with patience, paid for whether usable or not, read by a rule of the domain.

A model that refuses, or answers this row uselessly twice in a row, or all rows for a while, makes way for the next one.
"""

import functools
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

import orjson

from services.enrich import prompts
from services.enrich.clients.errors import (
    BadAnswer,
    DayLimitExhausted,
    ModelRefused,
    ModelUnfit,
    Nonsense,
    ProviderError,
)
from services.enrich.clients.groq import Groq
from services.enrich.clients.models import Form
from services.enrich.clients.patience import Patience
from services.enrich.domain.research import UnreadableAnswer
from services.enrich.in_flight.tally import Tally

T = TypeVar("T")

_USELESS_IN_A_ROW = 2
_BYTES_PER_TOKEN = 4
_ANSWER_PART = 3
"""A first guess of what a call takes: a token per four bytes, and a third of the longest answer. Each call betters it."""


async def ask_model(
    groq: Groq,
    prompt: prompts.Prompt,
    *,
    request: Mapping[str, object],
    read: Callable[[object], T],
    patience: Patience,
    tally: Tally,
) -> T:
    """What `read` makes of the answer. One that it finds unreadable is a BadAnswer and is asked for again.

    Raises whatever a provider's failure is called; a refusal of the provider only when every model refuses.
    """
    user = orjson.dumps(request).decode()
    raw = len(prompt.rules) // _BYTES_PER_TOKEN + len(user) // _BYTES_PER_TOKEN + prompt.most_tokens // _ANSWER_PART
    reserved = dict[str, int]()
    form = Form(prompt.name.split(".", 1)[0], prompt.schema, prompt.most_tokens)

    async def call(model: str) -> T:
        answer = await groq.ask(model, system=prompt.rules, user=user, form=form)
        tally.completion(groq.account, answer)
        used = answer.tokens_in + answer.tokens_out
        groq.gate(model).spent(form.name, raw=raw, reserved=reserved[model], used=used)
        try:
            return read(answer.content)
        except UnreadableAnswer as error:
            raise BadAnswer(groq.account.name, str(error)) from error

    unfit: list[str] = []
    while True:
        found = groq.models.next(without=unfit)
        model = found or unfit[-1]
        gate = groq.gate(model)
        reserved[model] = gate.guess(form.name, raw)
        # The last one is asked as often as the row's patience allows: there is nobody else.
        others = found is not None and groq.models.next(without=[*unfit, model]) is not None
        asked = functools.partial(_giving_up(call) if others else call, model)
        try:
            answer = await patience.ask(asked, gate, tokens=reserved[model])
        except ModelUnfit:
            unfit.append(model)
            patience.retries += 1
        except (ModelRefused, DayLimitExhausted, Nonsense) as refusal:
            groq.models.leave_out(model, refusal)
        else:
            groq.models.answered(model)
            return answer


def _giving_up(call: Callable[[str], Awaitable[T]]) -> Callable[[str], Awaitable[T]]:
    """The call, which says ModelUnfit when its answer is of no use for the second time in a row."""
    useless = 0

    async def asked(model: str) -> T:
        nonlocal useless
        try:
            answer = await call(model)
        except BadAnswer as error:
            useless += 1
            if useless >= _USELESS_IN_A_ROW:
                raise ModelUnfit(error.provider, error.said) from error
            raise
        except ProviderError:
            useless = 0
            raise
        return answer

    return asked
