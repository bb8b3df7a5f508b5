"""Billing owns credits: accounts, grants, holds, captures, the append-only ledger, and the price list."""
