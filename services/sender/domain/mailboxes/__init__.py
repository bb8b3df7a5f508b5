"""Mailboxes: how they are reached, what they are called, when they must rest."""
