"""What Stripe can refuse, by what has to be done about it. Neither keys nor card data come into these sentences."""

import stripe

from libs.common.errors import AppError, Conflict, Invalid, NotFound, PaymentRequired, Transient


class StripeDown(Transient):
    """No answer in time, no connection, or an error of Stripe's own. What was asked may have been done: the same key asks
    again without doing it twice."""

    code = "stripe_down"


class StripeLimited(StripeDown):
    """Asked too often, or the same key is being worked on by another request."""

    code = "stripe_limited"


class StripeKeyRefused(Conflict):
    """The key is rejected, or may not do this."""

    code = "stripe_key_refused"


class StripeNotFound(NotFound):
    """Stripe has no such object, or it is of the other mode (test, live)."""

    code = "stripe_not_found"


class StripeRefused(Invalid):
    """Stripe will not do this as it was asked."""

    code = "stripe_refused"


class StripeKeyReused(Conflict):
    """The idempotency key was used for a request with other content."""

    code = "stripe_idempotency_key_reused"


class CardDeclined(PaymentRequired):
    """The bank or Stripe refuses the payment. `extra.decline_code` is the bank's reason where there is one."""

    code = "card_declined"


class ActionRequired(PaymentRequired):
    """The payment waits for the payer to confirm it (3-D Secure)."""

    code = "payment_needs_action"


_KEY_IN_USE = "idempotency_key_in_use"
_ACTION = frozenset({"authentication_required", "subscription_payment_intent_requires_action"})
_ACTION_INVOICE = "invoice_payment_intent_requires_action"


def named(error: stripe.StripeError) -> AppError:
    """The failure by name. Stripe's own sentence is repeated except where it speaks of the key."""
    said = (error.user_message or "nothing").rstrip(".")
    match error:
        case stripe.AuthenticationError() | stripe.PermissionError():
            return StripeKeyRefused("Stripe refuses our key, or what it may do: check STRIPE_SECRET_KEY and its rights")
        case stripe.RateLimitError():
            return StripeLimited("Stripe is asked too often: try again in a moment", extra={"retry_after_s": 2})
        case stripe.CardError():
            return _declined(error, said)
        case _ if error.code == _KEY_IN_USE or error.http_status == 409:
            return StripeLimited(
                "Stripe is working on the same object or request: try again", extra={"retry_after_s": 2}
            )
        case stripe.IdempotencyError():
            return StripeKeyReused(f"Stripe says: {said}. The same key was used for something else before")
        case stripe.InvalidRequestError():
            return _invalid(error, said)
        case _:
            return StripeDown(f"Stripe does not answer ({type(error).__name__}): try again", extra={"retry_after_s": 5})


def _declined(error: stripe.CardError, said: str) -> AppError:
    reason = getattr(error.error, "decline_code", None) or error.code
    extra = {"decline_code": reason}
    if {error.code, reason} & {*_ACTION, _ACTION_INVOICE}:
        return ActionRequired(f"the payment has to be confirmed by its payer: {said}", extra=extra)
    return CardDeclined(f"the payment was declined: {said}. Use another payment method", extra=extra)


def _invalid(error: stripe.InvalidRequestError, said: str) -> AppError:
    extra = {"stripe_code": error.code, "stripe_param": error.param}
    if error.http_status == 404 or error.code == "resource_missing":
        return StripeNotFound(f"Stripe says: {said}", extra=extra)
    if error.code == "lock_timeout":
        return StripeLimited(f"Stripe says: {said}: try again", extra={"retry_after_s": 2})
    if error.code == _ACTION_INVOICE:
        return ActionRequired(
            f"the payment has to be confirmed by its payer: {said}", extra={"decline_code": error.code}
        )
    return StripeRefused(f"Stripe says: {said}", extra=extra)
