"""Addresses: one spelling per mailbox, so that nobody is two people."""

from email_validator import EmailNotValidError, validate_email

from libs.common.errors import Invalid


def normalise(address: str) -> str:
    """The spelling by which an address is compared and written to: trimmed, lower case, ASCII domain. Raises Invalid."""
    try:
        found = validate_email(address.strip(), check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as error:
        msg = f"{address[:100]!r} is not an email address: {error}"
        raise Invalid(msg, code="invalid_address") from error
    return (found.ascii_email or found.normalized).lower()
