"""What ingest does, one verb per file."""
