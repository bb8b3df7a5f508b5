"""How Stripe is reached: the real one, the sandbox's, or not at all; and the one client that all questions go through."""

import contextlib
import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

import httpx
import stripe
from pydantic import SecretStr

from libs.common.errors import AppError, Conflict, Transient
from libs.common.http.client import make_client
from services.billing import metrics
from services.billing.clients.stripe.errors import StripeDown, StripeKeyRefused, named

Mode = Literal["stripe", "sandbox", "self_hosted"]
Realm = Literal["live", "test", "sandbox"]

_SANDBOX_KEY = SecretStr("sk_test_sandbox")
_NO_KEY = SecretStr("")
_LIVE = ("sk_live_", "rk_live_")
_STRIPE_URL = "https://api.stripe.com"
_CONCURRENCY = 16
_CONNECT_S = 5
_READ_S = 15
_TRIES_AGAIN = 1
"""Safe: the SDK repeats a request under the same idempotency key."""


class SelfHosted(Conflict):
    """There is no Stripe to ask."""

    code = "self_hosted"


@dataclass(frozen=True)
class Account:
    """How Stripe is reached. `base_url` ends before `/v1`. Without `limits` a plan sells credits and limits nothing. With `taxes`
    Stripe Tax adds tax to what is sold."""

    mode: Mode
    base_url: str = ""
    key: SecretStr = _NO_KEY
    limits: bool = True
    taxes: bool = False

    @property
    def sells(self) -> bool:
        """Whether there is a Stripe to ask: a self-hosted installation sells nothing."""
        return self.mode != "self_hosted"

    @property
    def live(self) -> bool:
        """Whether money is real."""
        return self.key.get_secret_value().startswith(_LIVE)

    @property
    def realm(self) -> Realm:
        """Which of Stripe's worlds is meant: ids of one mean nothing in another."""
        if self.mode == "sandbox":
            return "sandbox"
        return "live" if self.live else "test"

    def require(self) -> None:
        """Raises SelfHosted (Conflict `self_hosted`) where nothing is sold."""
        if not self.sells:
            msg = (
                "this installation is self-hosted and sells nothing: an operator grants credits (POST /v1/credits/grants);"
                " to sell, set STRIPE_SECRET_KEY"
            )
            raise SelfHosted(msg)


def stripe_account(*, key: SecretStr, sandbox_url: str, limits: bool = True, taxes: bool = False) -> Account:
    """The real one when there is a key, else the sandbox's when there is a sandbox, else none."""
    given = key.get_secret_value().strip()
    if given:
        return Account("stripe", _STRIPE_URL, SecretStr(given), limits, taxes)
    if sandbox_url:
        return Account("sandbox", f"{sandbox_url.rstrip('/')}/stripe", _SANDBOX_KEY, limits, taxes)
    return Account("self_hosted")


class _Http(stripe.HTTPXClient):
    """The SDK's HTTPX client on our transport, with our timeouts."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        super().__init__(timeout=None)
        self._client_async = client

    def _get_request_args_kwargs(
        self, method: str, url: str, headers: Mapping[str, str], post_data: str | None
    ) -> list[Any]:
        # The SDK passes its encoded body as `data`, which httpx warns of.
        return [(method, url), {"headers": headers, "content": post_data or None}]


class Stripe:
    """One per process. `v1` are the SDK's services; every use of them is inside `asking`."""

    def __init__(self, account: Account, *, client: httpx.AsyncClient | None = None) -> None:
        self.account = account
        self._http = client or make_client(concurrency=_CONCURRENCY, connect_s=_CONNECT_S, read_s=_READ_S)
        self._client: stripe.StripeClient | None = None
        if account.sells:
            self._client = stripe.StripeClient(
                account.key.get_secret_value(),
                base_addresses={"api": account.base_url},
                http_client=_Http(self._http),
                max_network_retries=_TRIES_AGAIN,
            )

    @contextlib.contextmanager
    def asking(self, operation: str) -> Generator[stripe.StripeClient]:
        """The SDK for one question, named for the metrics. Raises SelfHosted, and Stripe's failures by our names."""
        self.account.require()
        assert self._client is not None
        began, outcome = time.perf_counter(), "answered"
        try:
            yield self._client
        except stripe.StripeError as error:
            failure = named(error)
            outcome = _outcome(failure)
            raise failure from None
        except (httpx.HTTPError, TimeoutError) as error:
            outcome = "failed"
            msg = f"Stripe does not answer ({type(error).__name__}): try again"
            raise StripeDown(msg, extra={"retry_after_s": 5}) from None
        except AppError as error:
            outcome = _outcome(error)
            raise
        finally:
            metrics.STRIPE_CALLS.labels(operation, outcome).inc()
            metrics.STRIPE_SECONDS.labels(operation).observe(time.perf_counter() - began)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()


def _outcome(failure: AppError) -> str:
    """Whether a person has to look (`failed`), or whoever asked has got an answer that is no (`refused`)."""
    return "failed" if isinstance(failure, Transient | StripeKeyRefused) else "refused"


KEY_LASTS = timedelta(hours=20)
"""For how long a call is repeated under its key without a second thought: Stripe keeps a key for 24 hours at least."""


def key_of(natural: str) -> str:
    """The Idempotency-Key of a call that makes something, from the natural key of what it makes. Stripe forgets it after
    30 days at most, so it guards repeated calls, not repeated wishes: those are our own rows' to refuse."""
    return f"corofy:{natural}"
