"""Ingest owns uploads, column mappings, jobs, chunks, results and exports."""
