"""Stripe's errors, as they stand on the wire."""

from __future__ import annotations

from typing import Any


class StripeError(Exception):
    """An answer that refuses: its status, and the fields of Stripe's error object."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        **fields: str | dict[str, Any] | None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.kind = kind
        self.fields = {name: value for name, value in fields.items() if value is not None}

    def body(self, request_id: str) -> dict[str, Any]:
        """The error object."""
        code = self.fields.get("code")
        told: dict[str, Any] = {"type": self.kind, "message": self.message, **self.fields}
        if code is not None:
            told["doc_url"] = f"https://stripe.com/docs/error-codes/{str(code).replace('_', '-')}"
        return {"error": told | {"request_log_url": f"https://dashboard.stripe.com/test/logs/{request_id}"}}


def unknown(kind: str, key: str, *, param: str = "id") -> StripeError:
    """No object of this kind has this id. 404 where the path names it, 400 where a parameter does."""
    named = kind.rpartition(".")[2].replace("_", " ")
    status = 404 if param == "id" else 400
    return StripeError(f"No such {named}: '{key}'", status=status, code="resource_missing", param=param)


def missing(param: str) -> StripeError:
    """A required parameter was not given."""
    return StripeError(f"Missing required param: {param}.", code="parameter_missing", param=param)


def declined(message: str, *, code: str, decline_code: str | None, intent: dict[str, Any] | None) -> StripeError:
    """402: the bank said no, or wants to see the person first."""
    return StripeError(
        message, status=402, kind="card_error", code=code, decline_code=decline_code, payment_intent=intent
    )
