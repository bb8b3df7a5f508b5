"""Email addresses in one spelling, so that one address is one user."""

from email_validator import EmailNotValidError, validate_email


def normal_address(value: str) -> str:
    """Lower case, trimmed, normalised. Raises ValueError with what is wrong."""
    try:
        return validate_email(value.strip(), check_deliverability=False, test_environment=True).normalized.lower()
    except EmailNotValidError as error:
        msg = f"not an email address: {error}"
        raise ValueError(msg) from error


def lead_address(value: str) -> str:
    """A lead's address as the services compare it: lower case, trimmed, its domain as DNS knows it. Raises ValueError."""
    try:
        found = validate_email(value.strip(), check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as error:
        msg = f"not an email address: {error}"
        raise ValueError(msg) from error
    return (found.ascii_email or found.normalized).lower()
