"""Caps, alerts, and credits that are bought by themselves."""
