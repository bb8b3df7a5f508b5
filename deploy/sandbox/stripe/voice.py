"""Stripe's words when a dial has it refuse."""

from __future__ import annotations

from deploy.sandbox.gate import Verdict
from deploy.sandbox.stripe.errors import StripeError
from deploy.sandbox.web import Answer, Header, json_answer

_REQUEST_ID = "req_sandbox_dialled"


class StripeVoice:
    """Stripe's error objects for keys, limits and breakdowns."""

    def unauthorized(self) -> Answer:
        """401."""
        message = (
            "You did not provide a valid API key. You need to provide your API key in the Authorization header, using"
            " Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY')."
        )
        return self._say(StripeError(message, status=401))

    def limited(self, verdict: Verdict, *, limit: int, body: bytes) -> Answer:
        """429 of the minute."""
        del limit, body
        error = StripeError("Request rate limit exceeded.", status=429, code="rate_limit")
        return self._say(error, (b"retry-after", b"%d" % max(1, round(verdict.wait_s + 0.5))))

    def exhausted(self, verdict: Verdict, *, body: bytes) -> Answer:
        """Stripe has no limit of the day: the same 429."""
        return self.limited(verdict, limit=0, body=body)

    def failure(self, status: int) -> Answer:
        """Any other status."""
        if status == 409:
            message = "There is currently another in-progress request using this Idempotent Key."
            return self._say(StripeError(message, status=409, code="idempotency_key_in_use"))
        if status == 429:
            return self._say(StripeError("Request rate limit exceeded.", status=429, code="rate_limit"))
        message = "An unknown error occurred. Please contact https://support.stripe.com/ if it persists."
        return self._say(StripeError(message, status=status, kind="api_error"))

    def _say(self, error: StripeError, *headers: Header) -> Answer:
        told: tuple[Header, ...] = ((b"request-id", _REQUEST_ID.encode()), *headers)
        return json_answer(error.body(_REQUEST_ID), status=error.status, headers=told)
