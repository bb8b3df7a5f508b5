"""All of ingest's SQL: connections in, domain values out."""
