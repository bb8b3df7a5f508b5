"""Customers, prices, checkouts, subscriptions, and what workspaces may do."""
