"""A stand-in for Stripe on the wire format of API version 2026-10-28.endive, driven by the official SDK."""
