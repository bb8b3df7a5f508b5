"""What each provider must be able to say when it does not serve: its own words on the wire."""

from __future__ import annotations

from typing import Protocol

from deploy.sandbox.gate import Verdict
from deploy.sandbox.web import Answer

GARBAGE_HTML = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"

_BODIES = {
    "empty": b"",
    "wrong_schema": b'{"organic": "none", "choices": {"message": 7}, "success": "perhaps", "data": []}',
    "huge": b'{"filler": "' + b"x" * 10_000_000 + b'"}',
}


class Voice(Protocol):
    """The error bodies of a provider."""

    def unauthorized(self) -> Answer:
        """The key is wrong or missing."""
        ...

    def limited(self, verdict: Verdict, *, limit: int, body: bytes) -> Answer:
        """A limit per minute, of requests or tokens, is reached."""
        ...

    def exhausted(self, verdict: Verdict, *, body: bytes) -> Answer:
        """Nothing is left of the day or of the credits."""
        ...

    def failure(self, status: int) -> Answer:
        """Something broke."""
        ...


def garbled(answer: Answer, verdict: Verdict, voice: Voice) -> Answer:
    """A good answer spoilt the way the dial says."""
    body = answer.body
    if verdict.garbage in _BODIES:
        return Answer(status=200, body=_BODIES[verdict.garbage], note=answer.note)
    if verdict.garbage == "html":
        return Answer(status=200, body=GARBAGE_HTML, headers=((b"content-type", b"text/html"),), note=answer.note)
    if verdict.garbage == "error_200":
        wrong = voice.failure(500)
        return Answer(status=200, body=wrong.body, headers=wrong.headers, note=answer.note)
    if verdict.garbage == "truncated":
        answer.body = body[: len(body) // 2]
    elif verdict.garbage == "broken_body":
        answer.body, answer.declared_length = body[: len(body) // 2], len(body)
    else:
        answer.body = b"{'not': json, " + body[:40]
    return answer
