"""Where the sandbox takes Stripe's requests: everything under /stripe."""

from __future__ import annotations

from deploy.sandbox.gate import Verdict
from deploy.sandbox.serve import Endpoint
from deploy.sandbox.state import Sandbox
from deploy.sandbox.stripe import api
from deploy.sandbox.stripe.voice import StripeVoice
from deploy.sandbox.web import Answer, Request

MOUNT = "/stripe"
API = f"{MOUNT}/v1/"
_VOICE = StripeVoice()


def endpoint_of(request: Request) -> Endpoint:
    """The endpoint for a request of the API, under the name that the call log has it by."""
    path = request.path.removeprefix(MOUNT)
    found = (one for one in api.ROUTES if one.method == request.method and one.pattern.fullmatch(path))
    named = next(found, None)
    name = f"{request.method} {named.path}" if named else "unknown"
    return Endpoint("stripe", name, _answer, _VOICE, api.key_of)


def pages_of(request: Request, box: Sandbox) -> str:
    """The address of our pages as a browser reaches it: the configured one, else the one we were reached by."""
    host = request.header(b"host").decode("latin-1") or "127.0.0.1"
    return f"{box.settings.public_url or f'http://{host}'}{MOUNT}"


def _answer(request: Request, box: Sandbox, _: Verdict) -> Answer:
    box.stripe.work()
    path = request.path.removeprefix(MOUNT)
    found = api.answer(request, box.stripe.account, path=path, pages=pages_of(request, box), dials=box.dials.stripe)
    box.stripe.settle()
    return found
