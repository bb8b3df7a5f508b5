"""Whom billing asks outside: Stripe."""
