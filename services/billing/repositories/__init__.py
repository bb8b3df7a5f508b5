"""All of billing's SQL: the ledger and its lock, holds, what pages read, and the evidence of the proof."""
