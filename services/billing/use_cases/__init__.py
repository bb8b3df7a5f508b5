"""What billing does, one verb per file. Each changes books, holds and outbox in one transaction, under a natural key."""
