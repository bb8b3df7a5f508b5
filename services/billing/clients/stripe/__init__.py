"""Stripe by its official SDK. Answers are our own values (`domain/`), failures are named (`errors`)."""
