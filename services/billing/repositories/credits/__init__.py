"""The ledger and its lock, holds, what pages read, and the evidence of the proof."""
