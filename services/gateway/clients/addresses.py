"""Email addresses in one spelling, so that one address is one user."""

from email_validator import EmailNotValidError, validate_email


def normal_address(value: str) -> str:
    """Lower case, trimmed, normalised. Raises ValueError with what is wrong."""
    try:
        return validate_email(value.strip(), check_deliverability=False, test_environment=True).normalized.lower()
    except EmailNotValidError as error:
        msg = f"not an email address: {error}"
        raise ValueError(msg) from error
