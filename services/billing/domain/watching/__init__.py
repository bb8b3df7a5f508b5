"""Caps, alerts, notices, and credits that are bought by themselves."""
