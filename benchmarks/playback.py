"""The sandbox, whose answers are made once for each kind of lead and played back for the other companies.

Real providers do not work on our processors. Composing an answer takes the sandbox longer than everything else about a call, on
the cores that are to be measured. The answers are those of the sandbox, word for word, but for the company's name.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from benchmarks.leads import MARK
from deploy.sandbox.app import ENDPOINTS, SandboxApp
from deploy.sandbox.gate import Verdict
from deploy.sandbox.serve import Endpoint
from deploy.sandbox.state import Sandbox, SandboxSettings
from deploy.sandbox.web import Answer, Request

_LENGTH = 8
_LOW, _HIGH = b"zq------", b"Zq------"
_LEAD_ID = re.compile(rb'(Lead ID\\*":\\*")\d{7}')
_ANY_CASE = re.compile(MARK.pattern, re.IGNORECASE)
_MOST = 20_000

AnswerOf = Callable[[Request, Sandbox, Verdict], Answer]


@dataclass(frozen=True, slots=True)
class Masked:
    """What is asked, whichever company it is asked about."""

    word: bytes
    """The company's, in small letters."""
    text: bytes

    @classmethod
    def of(cls, body: bytes) -> Masked | None:
        """None when no company of `leads` is named."""
        at = body.find(b"Zq")
        if at < 0:
            at = body.find(b"zq")
        if at < 0 or MARK.fullmatch(body, at, at + _LENGTH) is None:
            return None
        word = body[at : at + _LENGTH].lower()
        text = _without(body, word)
        if b"Lead ID" in text:
            text = _LEAD_ID.sub(rb"\1-------", text)
        return cls(word, text)


def played_back(answer: AnswerOf) -> AnswerOf:
    """The same answers: what was said of one company is said of the others of its kind, under their names."""
    known: dict[bytes, Answer] = {}

    def play(request: Request, box: Sandbox, verdict: Verdict) -> Answer:
        asked = Masked.of(request.body)
        if asked is None:
            return answer(request, box, verdict)
        kept = known.get(asked.text)
        if kept is not None:
            return replace(kept, body=kept.body.replace(_LOW, asked.word).replace(_HIGH, asked.word.capitalize()))
        made = answer(request, box, verdict)
        told = _without(made.body, asked.word)
        # What names the company in other letters, or another company, cannot be said of everybody.
        if made.status == 200 and len(known) < _MOST and _ANY_CASE.search(told) is None:
            known[asked.text] = replace(made, body=told)
        return made

    return play


def _without(text: bytes, word: bytes) -> bytes:
    return text.replace(word, _LOW).replace(word.capitalize(), _HIGH)


def _playing(endpoint: Endpoint) -> Endpoint:
    return replace(endpoint, answer=played_back(endpoint.answer))


app = SandboxApp(
    SandboxSettings.from_environment(), endpoints={route: _playing(endpoint) for route, endpoint in ENDPOINTS.items()}
)
