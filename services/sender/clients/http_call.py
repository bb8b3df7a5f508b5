"""One call to a mail provider over HTTP, and what is known when it breaks: not begun, not handed over, or nobody can tell.

A request whose body has not begun cannot have been accepted (RFC 9112, 6.3); after that only an answer can tell.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

import httpx
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from services.sender.clients.mailbox import MailboxDown
from services.sender.clients.words import storable
from services.sender.domain.sending import Deferred, NotCalled, Unknown

_KEEPALIVE_S = 4
"""Shorter than a server keeps an idle connection: a call on one that is just being closed would be unknown."""
_MOST_BYTES = 64 * 1024
_OK = 200
_UNAUTHORIZED = 401
_FORBIDDEN = 403
_TOO_MANY = 429
_MARK, _MARKED = "x-sandbox", "corofy"
"""What the sandbox writes on each of its answers."""
_BROKEN = (httpx.HTTPError, httpx.InvalidURL, OSError)


def client_of(
    base_url: str,
    *,
    provider_timeout_s: float,
    connect_timeout_s: float,
    bearer: str | None = None,
    auth: httpx.Auth | None = None,
) -> httpx.AsyncClient:
    """A provider's client, for one task at a time: one connection, and no proxy of the environment's."""
    return httpx.AsyncClient(
        base_url=base_url,
        headers={"Accept": "application/json"} | ({"Authorization": f"Bearer {bearer}"} if bearer else {}),
        auth=auth,
        limits=httpx.Limits(max_connections=1, keepalive_expiry=_KEEPALIVE_S),
        timeout=httpx.Timeout(provider_timeout_s, connect=connect_timeout_s),
        trust_env=False,
    )


class Shape(BaseModel):
    """What of an answer is looked at. Nothing is made to fit: a number is no name, and null no list."""

    model_config = ConfigDict(strict=True)


S = TypeVar("S", bound=Shape)
Id = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,300}$")]
"""A provider's name for something: it is kept and shown."""
PathId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,100}$")]
"""One that is written into addresses: it leads nowhere else."""


class Taken(Shape):
    """The answer to a mail or a lead that was taken."""

    id: Id


class _Told(Shape):
    message: str


class _Errors(Shape):
    errors: list[_Told]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def read(self, shape: type[S]) -> S | None:
        """The body, where it has this shape. None for whatever else a provider may answer."""
        try:
            return shape.model_validate_json(self.body)
        except ValidationError:
            return None

    @property
    def sandboxed(self) -> bool:
        """Whether the sandbox answers."""
        return self.headers.get(_MARK) == _MARKED

    @property
    def said(self) -> str:
        """Status and words, for people: what is told as an error, without the braces around it."""
        errors, told = self.read(_Errors), self.read(_Told)
        if errors and errors.errors:
            words = "; ".join(one.message for one in errors.errors)
        else:
            words = told.message if told else self.body.decode("utf-8", "replace")
        return storable(f"{self.status} {words}".strip())


class _PastDeadlineError(Exception):
    """The call deadline had passed before the first byte."""


class HttpCall:
    """A POST that is made once. `run` answers what came back, or what is known without an answer."""

    def __init__(self, client: httpx.AsyncClient, *, may_call: Callable[[], bool], timeout_s: float) -> None:
        self._client = client
        self._may_call = may_call
        self._timeout_s = timeout_s
        self._handed_over = False

    async def run(self, path: str, **content: Any) -> Answer | NotCalled | Deferred | Unknown:
        """`content` is the body as httpx takes it (json, data, files)."""
        request = self._client.build_request("POST", path, extensions={"trace": self._watch}, **content)
        try:
            async with asyncio.timeout(self._timeout_s):
                return await read(self._client, request)
        except _PastDeadlineError:
            return NotCalled()
        except (*_BROKEN, TimeoutError) as error:
            words = storable(str(error) or type(error).__name__)
            if self._handed_over:
                return Unknown(words)
            return Deferred(f"before the message: {words}", mailbox=True)

    async def _watch(self, event: str, _: Mapping[str, object]) -> None:
        """Called by httpcore at each stage of the request."""
        if event == "http11.send_request_headers.started" and not self._may_call():
            raise _PastDeadlineError
        if event == "http11.send_request_body.started":
            self._handed_over = True


async def read(client: httpx.AsyncClient, request: httpx.Request) -> Answer:
    """The answer, up to a limit. Raises what httpx raises; ReadError for one that is too long."""
    answer = await client.send(request, stream=True)
    try:
        body = bytearray()
        async for piece in answer.aiter_bytes():
            body += piece
            if len(body) > _MOST_BYTES:
                raise httpx.ReadError(f"the answer has more than {_MOST_BYTES} bytes", request=request)
    finally:
        await answer.aclose()
    return Answer(answer.status_code, answer.headers, bytes(body))


async def ask(
    client: httpx.AsyncClient, method: str, path: str, *, who: str, timeout_s: float, **content: Any
) -> Answer:
    """A call that may be made again. Raises MailboxDown when no answer comes."""
    try:
        async with asyncio.timeout(timeout_s):
            return await read(client, client.build_request(method, path, **content))
    except (*_BROKEN, TimeoutError) as error:
        raise MailboxDown(f"{who}: {storable(str(error) or type(error).__name__)}") from error


def understood(answer: Answer, shape: type[S], *, who: str) -> S:
    """What was answered. Raises MailboxDown for what no documentation has: whoever answers is not well, or not who we think."""
    found = answer.read(shape)
    if found is None:
        raise MailboxDown(
            f"{who} gave an answer that nobody understands: try again in a moment. It said: {answer.said}"
        )
    return found


async def ask_whole(
    client: httpx.AsyncClient, method: str, path: str, *, who: str, timeout_s: float, **content: Any
) -> Answer:
    """A call whose answer must be a 200. Raises MailboxDown with the provider's words; a refused key is for a person to mend."""
    answer = await ask(client, method, path, who=who, timeout_s=timeout_s, **content)
    if answer.status in (_UNAUTHORIZED, _FORBIDDEN):
        raise MailboxDown(f"{who} refuses the key. It said: {answer.said}", pause="login_refused")
    if answer.status == _TOO_MANY or answer.status >= 500:
        raise MailboxDown(f"{who} cannot do it now: try again in a moment. It said: {answer.said}")
    if answer.status != _OK:
        raise MailboxDown(f"{who}: {answer.said}")
    return answer
