"""The numbers that are credits: whole, not negative, and no greater than what is stored."""

from libs.common.errors import Invalid
from services.billing.domain.credits.postings import Subject

LIMIT = 2**63
"""Below this a number of credits can be stored."""


def require_storable(amount: int, *, of: Subject) -> None:
    """Raises Invalid `credits_out_of_range` for a number that is no amount of credits: told again, it would be none either."""
    if not 0 <= amount < LIMIT:
        msg = f"{amount} is no number of credits that {of} can be about: it is 0 or more and below 2^63"
        raise Invalid(msg, code="credits_out_of_range")
