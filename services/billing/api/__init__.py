"""Billing's HTTP edge, a module per resource."""
