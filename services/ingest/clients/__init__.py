"""The outside systems that ingest asks: Apollo, for leads."""
