"""The test cards: what each does when it is kept, charged, disputed. Numbers are Stripe's own (docs.stripe.com/testing)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Behaviour = Literal["pays", "declines", "asks_unless_kept", "asks_always"]


@dataclass(frozen=True, slots=True)
class Card:
    """A card. `kept` says whether it can be attached to a customer; `refused` why the bank says no."""

    number: str
    brand: str = "visa"
    charge: Behaviour = "pays"
    kept: bool = True
    code: str = "card_declined"
    decline_code: str | None = None
    refused: str = "Your card was declined."
    disputed: bool = False
    refund_fails: bool = False
    token: str = ""

    @property
    def last4(self) -> str:
        return self.number[-4:]


CARDS = (
    Card("4242424242424242", token="pm_card_visa"),  # noqa: S106 - the name of a test card
    Card("5555555555554444", "mastercard", token="pm_card_mastercard"),  # noqa: S106
    Card(
        "4000000000000002",
        charge="declines",
        kept=False,
        decline_code="generic_decline",
        token="pm_card_visa_chargeDeclined",  # noqa: S106
    ),
    Card(
        "4000000000009995",
        charge="declines",
        kept=False,
        decline_code="insufficient_funds",
        refused="Your card has insufficient funds.",
        token="pm_card_visa_chargeDeclinedInsufficientFunds",  # noqa: S106
    ),
    Card(
        "4000000000000069",
        charge="declines",
        kept=False,
        code="expired_card",
        decline_code="expired_card",
        refused="Your card has expired.",
        token="pm_card_chargeDeclinedExpiredCard",  # noqa: S106
    ),
    Card(
        "4000000000000341",
        charge="declines",
        decline_code="generic_decline",
        token="pm_card_chargeCustomerFail",  # noqa: S106
    ),
    Card("4000002500003155", charge="asks_unless_kept", token="pm_card_authenticationRequiredOnSetup"),  # noqa: S106
    Card("4000002760003184", charge="asks_always", token="pm_card_authenticationRequired"),  # noqa: S106
    Card("4000000000000259", disputed=True, token="pm_card_createDispute"),  # noqa: S106
    Card("4000000000005126", refund_fails=True, token="pm_card_refundFail"),  # noqa: S106
)
BY_NUMBER = {card.number: card for card in CARDS}
BY_TOKEN = {card.token: card for card in CARDS}
EXAMPLE = CARDS[0]


def card_of(number: str) -> Card | None:
    """The card with this number, spaces aside; any other number is no card."""
    return BY_NUMBER.get(number.replace(" ", "").replace("-", ""))
