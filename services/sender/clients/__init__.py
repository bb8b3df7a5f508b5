"""The outside: SMTP."""
