"""One question to the language model: asked with patience, paid for whether usable or not, read by a rule of the domain."""

from collections.abc import Callable, Mapping
from typing import TypeVar

import orjson

from services.enrich import prompts
from services.enrich.clients.errors import BadAnswer
from services.enrich.clients.groq import Groq
from services.enrich.clients.patience import Patience
from services.enrich.domain.research import UnreadableAnswer
from services.enrich.in_flight.tally import Tally

T = TypeVar("T")


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

    Raises whatever a provider's failure is called.
    """
    user = orjson.dumps(request).decode()

    async def call() -> T:
        answer = await groq.ask(
            system=prompt.rules,
            user=user,
            name=prompt.name.split(".", 1)[0],
            schema=prompt.schema,
            most_tokens=prompt.most_tokens,
        )
        tally.completion(groq.account, answer)
        try:
            return read(answer.content)
        except UnreadableAnswer as error:
            raise BadAnswer(groq.account.name, str(error)) from error

    return await patience.ask(call, groq.gate)
