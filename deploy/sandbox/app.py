"""The sandbox as one plain ASGI application: `python -m uvicorn deploy.sandbox.app:app`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from deploy.sandbox import apollo, controls, firecrawl, groq, inbox, oauth, serper
from deploy.sandbox.mail_apis import mount as mail_apis
from deploy.sandbox.serve import Endpoint, serve
from deploy.sandbox.smtp import listen
from deploy.sandbox.state import Sandbox, SandboxSettings
from deploy.sandbox.stripe import front as stripe_front
from deploy.sandbox.stripe import mount as stripe
from deploy.sandbox.web import Answer, BadBodyError, Receive, Request, Scope, Send, bearer, read_request, send_answer
from libs.common.garbage import seldom_collected

Control = Callable[[Request, Sandbox], Answer]
Route = tuple[str, str]
"""Method and path."""

_SERPER = serper.SerperVoice()
_GROQ = groq.GroqVoice()
_FIRECRAWL = firecrawl.FirecrawlVoice()
_APOLLO = apollo.ApolloVoice("mixed_people/api_search")
_APOLLO_REVEAL = apollo.ApolloVoice("people/bulk_match")

ENDPOINTS: dict[Route, Endpoint] = {
    ("POST", "/serper/search"): Endpoint("serper", "search", serper.search, _SERPER, serper.key_of),
    ("POST", "/serper/news"): Endpoint("serper", "news", serper.news, _SERPER, serper.key_of),
    ("POST", "/groq/openai/v1/chat/completions"): Endpoint("groq", "chat", groq.chat, _GROQ, bearer),
    ("GET", "/groq/openai/v1/models"): Endpoint("groq", "models", groq.models, _GROQ, bearer),
    ("POST", "/firecrawl/v1/scrape"): Endpoint("firecrawl", "scrape", firecrawl.scrape, _FIRECRAWL, bearer),
    ("POST", "/firecrawl/v2/scrape"): Endpoint("firecrawl", "scrape", firecrawl.scrape, _FIRECRAWL, bearer),
    ("POST", "/apollo/api/v1/mixed_people/search"): Endpoint("apollo", "search", apollo.search, _APOLLO, apollo.key_of),
    ("POST", "/apollo/api/v1/mixed_people/api_search"): Endpoint(
        "apollo", "search", apollo.api_search, _APOLLO, apollo.key_of
    ),
    ("POST", "/apollo/api/v1/people/bulk_match"): Endpoint(
        "apollo_reveal", "bulk_match", apollo.bulk_match, _APOLLO_REVEAL, apollo.key_of
    ),
    ("GET", "/apollo/api/v1/auth/health"): Endpoint("apollo", "health", apollo.health, _APOLLO, apollo.key_of),
    ("GET", "/apollo/v1/auth/health"): Endpoint("apollo", "health", apollo.health, _APOLLO, apollo.key_of),
}
CONTROLS: dict[Route, Control] = {
    ("GET", "/"): controls.home,
    ("GET", "/healthz"): controls.healthz,
    ("GET", "/dials"): controls.get_dials,
    ("PUT", "/dials"): controls.put_dials,
    ("DELETE", "/dials"): controls.delete_dials,
    ("GET", "/arrivals"): controls.get_arrivals,
    ("GET", "/calls"): controls.get_calls,
    ("DELETE", "/calls"): controls.delete_calls,
    ("GET", "/planted"): controls.get_planted,
    ("DELETE", "/planted"): controls.delete_planted,
    ("DELETE", "/world"): controls.delete_world,
    ("PUT", "/world/pages"): controls.put_page,
    ("GET", "/world/companies"): controls.get_companies,
    ("GET", "/inbox"): inbox.inbox_page,
    ("GET", "/inbox/api/messages"): inbox.list_messages,
    ("DELETE", "/inbox/api/messages"): inbox.delete_messages,
}
FOLDERS: dict[Route, Control] = {
    ("GET", "/world/companies"): controls.get_company,
    ("PUT", "/world/companies"): controls.put_company,
    ("GET", "/inbox"): inbox.mail_page,
    ("GET", "/inbox/api/messages"): inbox.get_message,
}
"""Where the last part of the path is an id."""


class SandboxApp:
    """One sandbox: its state, its SMTP listener and its routes."""

    def __init__(self, settings: SandboxSettings, *, endpoints: Mapping[Route, Endpoint] = ENDPOINTS) -> None:
        self.box = Sandbox(settings)
        self.endpoints = endpoints
        self._listener: asyncio.Server | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection event of the ASGI server."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._lifespan(receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            request = await read_request(scope, receive)
            endpoint = self.endpoints.get((request.method, request.path))
            if endpoint is None and request.path.startswith(stripe.API):
                endpoint = stripe.endpoint_of(request)
            endpoint = endpoint or mail_apis.endpoint_of(request)
            if endpoint is not None:
                await serve(endpoint, request, self.box, receive=receive, send=send)
                return
            answer = stripe_front.answer(request, self.box) or oauth.answer(request, self.box) or self._control(request)
        except BadBodyError as error:
            answer = controls.fault(str(error), status=400)
        await send_answer(send, answer)

    def _control(self, request: Request) -> Answer:
        control = CONTROLS.get((request.method, request.path))
        control = control or FOLDERS.get((request.method, request.path.rpartition("/")[0]))
        if control is None:
            return controls.fault(f"the sandbox has no {request.method} {request.path}", status=404)
        return control(request, self.box)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        settings = self.box.settings
        await receive()
        try:
            if settings.smtp_port is not None:
                self._listener = await listen(self.box, host=settings.smtp_host, port=settings.smtp_port)
        except OSError as error:
            message = f"the SMTP inbox cannot listen on {settings.smtp_host}:{settings.smtp_port}: {error.strerror}"
            await send({"type": "lifespan.startup.failed", "message": message})
            return
        with seldom_collected():
            await send({"type": "lifespan.startup.complete"})
            await receive()
        if self._listener is not None:
            self._listener.close()
        await self.box.stripe.close()
        await send({"type": "lifespan.shutdown.complete"})


app = SandboxApp(SandboxSettings.from_environment())
