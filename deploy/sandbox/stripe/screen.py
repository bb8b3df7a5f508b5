"""A request for one of our pages, as the pages see it."""

from __future__ import annotations

from dataclasses import dataclass

from deploy.sandbox.dials import StripeDials
from deploy.sandbox.stripe.account import Account


@dataclass(frozen=True, slots=True)
class Screen:
    """The account, the address of our pages, the posted form, and the dials."""

    account: Account
    pages: str
    body: bytes
    dials: StripeDials
